//! A crate's modules: which file each is, what it defines, what it hands on and what it uses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// The path of a module from the crate's root: `["store", "predictions"]`.
pub(crate) type ModulePath = Vec<String>;

/// One module in a file of its own.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Names that are defined here.
    pub(crate) defines: BTreeSet<String>,
    /// Names that are handed on, and where they come from; `*` hands on everything.
    pub(crate) reexports: Vec<(String, Vec<String>)>,
    /// Paths that are used, from the crate's root.
    pub(crate) uses: BTreeSet<Vec<String>>,
}

/// Reads all modules of a crate that are not for tests alone.
pub(crate) fn read(crate_root: &Path) -> Result<BTreeMap<ModulePath, Module>> {
    let mut modules = BTreeMap::new();
    read_module(crate_root, &[], &mut modules)?;
    Ok(modules)
}

fn read_module(file: &Path, path: &[String], modules: &mut BTreeMap<ModulePath, Module>) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let syntax = syn::parse_file(&text).with_context(|| format!("cannot parse `{}`", file.display()))?;
    let mut reader = Reader { path: path.to_vec(), module: Module::default() };
    reader.visit_file(&syntax);
    modules.insert(path.to_vec(), reader.module);
    for item in &syntax.items {
        let Item::Mod(module) = item else { continue };
        if module.content.is_some() || is_test(&module.attrs) {
            continue;
        }
        let name = module.ident.to_string();
        // A module with two files, by a feature, is read once: both have the same names.
        let child: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
        if modules.contains_key(&child) {
            continue;
        }
        if let Some(file) = file_of(file, path.is_empty(), &name, &module.attrs) {
            read_module(&file, &child, modules)?;
        }
    }
    Ok(())
}

/// Returns the file of a child module.
fn file_of(parent: &Path, parent_is_root: bool, name: &str, attributes: &[Attribute]) -> Option<PathBuf> {
    let folder = parent.parent()?;
    if let Some(named) = attributes.iter().find_map(path_attribute) {
        return Some(folder.join(named));
    }
    let is_facade = parent_is_root || parent.file_name().is_some_and(|file| file == "mod.rs");
    let folder = if is_facade { folder.to_owned() } else { parent.with_extension("") };
    [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")].into_iter().find(|file| file.is_file())
}

fn path_attribute(attribute: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
    match &pair.value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) if pair.path.is_ident("path") => {
            Some(text.value())
        }
        _ => None,
    }
}

/// Whether an item is there for tests alone.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || matches!(&attribute.meta, syn::Meta::List(list)
                if list.path.is_ident("cfg") && list.tokens.to_string().split(|sign: char| !sign.is_alphanumeric()).any(|word| word == "test"))
    })
}

struct Reader {
    path: ModulePath,
    module: Module,
}

impl Reader {
    /// Returns a path from the crate's root; `None` for a path that leaves the crate.
    fn resolve(&self, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some(self.path.iter().cloned().chain(rest.iter().cloned()).collect()),
            "super" => {
                let ups = path.iter().take_while(|word| *word == "super").count();
                let parent = self.path.len().checked_sub(ups)?;
                Some(self.path[..parent].iter().cloned().chain(path[ups..].iter().cloned()).collect())
            }
            _ => None,
        }
    }

    fn take_use(&mut self, tree: &UseTree, before: &[String], is_reexport: bool) {
        let with = |name: &str| before.iter().cloned().chain([name.to_owned()]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.take_use(&path.tree, &with(&path.ident.to_string()), is_reexport),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.take_use(tree, before, is_reexport)),
            UseTree::Name(name) if name.ident == "self" => self.add(before, last(before), is_reexport),
            UseTree::Name(name) => self.add(&with(&name.ident.to_string()), name.ident.to_string(), is_reexport),
            UseTree::Rename(rename) => {
                self.add(&with(&rename.ident.to_string()), rename.rename.to_string(), is_reexport)
            }
            UseTree::Glob(_) => self.add(before, "*".to_owned(), is_reexport),
        }
    }

    fn add(&mut self, path: &[String], name: String, is_reexport: bool) {
        // `use predictions::Row` names a child module.
        let of_child: Vec<String> = ["self".to_owned()].into_iter().chain(path.iter().cloned()).collect();
        let Some(target) = self.resolve(path).or_else(|| self.resolve(&of_child)) else { return };
        if is_reexport {
            self.module.reexports.push((name, target));
        } else {
            self.module.uses.insert(target);
        }
    }
}

fn last(path: &[String]) -> String {
    path.last().cloned().unwrap_or_default()
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = match item {
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            Item::Mod(item) => (&item.attrs, None),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Impl(item) => (&item.attrs, None),
            Item::Use(item) => {
                if !is_test(&item.attrs) {
                    let is_reexport = !matches!(item.vis, syn::Visibility::Inherited);
                    self.take_use(&item.tree, &[], is_reexport);
                }
                return;
            }
            _ => return,
        };
        if is_test(attributes) {
            return;
        }
        if let Some(name) = name {
            self.module.defines.insert(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if words.len() > 1
            && let Some(target) = self.resolve(&words)
        {
            self.module.uses.insert(target);
        }
        visit::visit_path(self, path);
    }
}
