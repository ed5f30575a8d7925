//! The tutorial's part on a project of one's own, followed word by word: its commands are run in an empty folder, and what
//! they print is compared with what the page shows.
//!
//! Figures may differ, so that digits are not compared; `…` stands for any text.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// The heading of the part, and of the next one.
const BEGIN: &str = "\n## 3. ";
const END: &str = "\n## 4. ";

/// A fenced block: its language and its text.
struct Fenced {
    language: String,
    text: String,
}

#[test]
fn the_part_on_ones_own_data_can_be_followed_word_by_word() {
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tutorial.md")).expect("a page");
    let (_, part) = page.split_once(BEGIN).expect("the page has the part");
    let (part, _) = part.split_once(END).expect("another part follows");
    let blocks = fenced(part);
    let home = TempDir::new().expect("a temporary folder");
    let mut commands = 0;
    for (position, block) in blocks.iter().enumerate().filter(|(_, block)| block.language == "sh") {
        let printed = shell(home.path(), &block.text);
        commands += 1;
        if let Some(shown) = blocks.get(position + 1).filter(|next| next.language == "text") {
            compare(&block.text, &shown.text, &printed);
        }
    }
    assert!(commands >= 5, "the part has commands");
}

/// Runs commands as a reader does, with the built program on the PATH, and returns what they print.
fn shell(home: &Path, commands: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_plumb")).parent().expect("it lies in a folder");
    let path = format!("{}:/usr/bin:/bin", program.display());
    // The next block goes on in the folder that this one has gone to.
    let script = format!("set -e\ncd \"$(cat .here 2>/dev/null || pwd)\"\n{commands}\npwd > \"$HOME/.here\"\n");
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(home)
        .env_clear()
        .envs([("PATH", path.as_str()), ("HOME", &home.display().to_string())])
        .output()
        .expect("bash starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{commands}\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn fenced(part: &str) -> Vec<Fenced> {
    let mut blocks: Vec<Fenced> = Vec::new();
    let mut is_open = false;
    for line in part.lines() {
        match line.strip_prefix("```") {
            Some(language) if !is_open => {
                is_open = true;
                blocks.push(Fenced { language: language.to_owned(), text: String::new() });
            }
            Some(_) => is_open = false,
            None if is_open => {
                let block = blocks.last_mut().expect("one was opened");
                block.text += line;
                block.text.push('\n');
            }
            None => {}
        }
    }
    blocks
}

/// Compares what is shown with what was printed: the parts between `…`, one after the other.
#[track_caller]
fn compare(commands: &str, shown: &str, printed: &str) {
    let plain = |text: &str| {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let mut plain = String::new();
        for letter in words.join(" ").chars() {
            if !letter.is_ascii_digit() {
                plain.push(letter);
            } else if !plain.ends_with('#') {
                plain.push('#');
            }
        }
        plain.replace("#.#", "#")
    };
    let printed_plain = plain(printed);
    let mut rest = printed_plain.as_str();
    for part in shown.split('…').map(plain).filter(|part| !part.is_empty()) {
        let at = rest.find(&part).unwrap_or_else(|| {
            panic!("after\n{commands}the page shows\n  {part}\nand what follows in the output is\n  {rest}")
        });
        rest = &rest[at + part.len()..];
    }
}
