//! Links in Markdown: each relative one leads to a file that is there.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Returns a line for each link that leads nowhere.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for file in markdown(root)? {
        let path = root.join(&file);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        for (line, target) in links(&text) {
            let file_part = target.split('#').next().unwrap_or_default();
            let folder = path.parent().unwrap_or(root);
            if !file_part.is_empty() && !folder.join(file_part).exists() {
                faults.push(format!("{}:{line}: the link `{target}` leads nowhere", file.display()));
            }
        }
    }
    Ok(faults)
}

/// Returns the Markdown files that git knows or would add.
fn markdown(root: &Path) -> Result<Vec<PathBuf>> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"])
        .current_dir(root)
        .output()
        .context("cannot run git")?;
    ensure!(listed.status.success(), "`git ls-files` failed: {}", String::from_utf8_lossy(&listed.stderr).trim());
    let files = String::from_utf8_lossy(&listed.stdout).lines().map(PathBuf::from).collect::<Vec<_>>();
    Ok(files.into_iter().filter(|file| root.join(file).is_file()).collect())
}

/// Returns the relative links of a text with their lines, those in code blocks left out.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let rest = &line[at + 2..];
            let Some(end) = rest.find(')') else { continue };
            let target = rest[..end].split(' ').next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") {
                found.push((index + 1, target.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::links;

    #[test]
    fn relative_links_outside_of_code_are_found() {
        let text = "See [a](b.md#c) and [d](https://example.org).\n```\n[e](f.md)\n```\n[g](h/i.md \"title\")\n";
        assert_eq!(links(text), [(1, "b.md#c".to_owned()), (5, "h/i.md".to_owned())]);
    }
}
