//! Finds the files behind the paths of a crate, through its re-exports, and makes the graph of which file imports which.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;
use crate::imports::Import;
use crate::source::{Crate, Mention};

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(usize),
    /// An item, and the file that defines it.
    Item(String),
}

/// The names that are being looked up: a name that leads back to itself leads nowhere.
type Seen = BTreeSet<(usize, String)>;

impl Crate {
    /// Which file of the crate imports which.
    ///
    /// A re-export alone is no import: it counts only if its module uses the name itself. To name a module is no import either,
    /// what is then taken out of it is.
    pub(crate) fn graph(&self) -> Graph {
        let mut edges: BTreeMap<(String, String), BTreeSet<(usize, String)>> = BTreeMap::new();
        let mut add = |from: &str, line: usize, path: &[String], to: String| {
            edges.entry((from.to_owned(), to)).or_default().insert((line, path.join("::")));
        };
        for (number, module) in self.modules.iter().enumerate() {
            for import in module.imports.iter().filter(|import| !import.reexport) {
                for target in self.resolve(number, &import.path, &mut Seen::new()) {
                    match target {
                        Target::Item(file) => add(&module.file, import.line, &import.path, file),
                        Target::Module(of) if import.name.is_none() => {
                            add(&module.file, import.line, &import.path, self.modules[of].file.clone());
                        }
                        Target::Module(_) => {}
                    }
                }
            }
            let is_new = |mention: &&Mention| !self.is_covered(number, &mention.path[0]);
            for mention in module.mentions.iter().filter(is_new) {
                let mut targets = self.resolve(number, &mention.path, &mut Seen::new());
                if mention.is_macro_call && mention.path.len() == 1 {
                    targets.extend(self.macro_file(&mention.path[0], &module.file).map(Target::Item));
                }
                for target in targets {
                    if let Target::Item(file) = target {
                        add(&module.file, mention.line, &mention.path, file);
                    }
                }
            }
        }
        edges.retain(|(from, to), _| from != to);
        let files = self.modules.iter().map(|module| module.file.clone()).collect();
        Graph { files, edges }
    }

    /// Whether a `use` of the module's own names the item already.
    fn is_covered(&self, module: usize, name: &str) -> bool {
        let is_it = |import: &&Import| !import.reexport && import.name.as_deref() == Some(name);
        let import = self.modules[module].imports.iter().find(is_it);
        let is_module = |target: &Target| matches!(target, Target::Module(_));
        import.is_some_and(|import| !self.resolve(module, &import.path, &mut Seen::new()).iter().any(is_module))
    }

    /// What a path leads to from a module; nothing if it leaves the crate.
    fn resolve(&self, module: usize, path: &[String], seen: &mut Seen) -> BTreeSet<Target> {
        let Some((first, rest)) = path.split_first() else { return BTreeSet::new() };
        let mut targets = match first.as_str() {
            "crate" => BTreeSet::from([Target::Module(0)]),
            "self" => BTreeSet::from([Target::Module(module)]),
            "super" => BTreeSet::from([self.parent(module)]),
            name => self.look_up(module, name, seen),
        };
        for segment in rest {
            keep_modules(&mut targets);
            targets = targets.into_iter().flat_map(|target| self.step(target, segment, seen)).collect();
        }
        targets
    }

    fn parent(&self, module: usize) -> Target {
        Target::Module(self.modules[module].parent.unwrap_or(0))
    }

    /// One segment further from a target. What a module does not show is in its file all the same: a macro has written it.
    fn step(&self, from: Target, segment: &str, seen: &mut Seen) -> BTreeSet<Target> {
        let Target::Module(module) = from else { return BTreeSet::from([from]) };
        if segment == "super" {
            return BTreeSet::from([self.parent(module)]);
        }
        let before = seen.len();
        let found = self.look_up(module, segment, seen);
        if found.is_empty() && seen.len() > before && !self.names_foreign(module, segment) {
            let here = &self.modules[module].file;
            return BTreeSet::from([Target::Item(self.macro_file(segment, here).unwrap_or_else(|| here.clone()))]);
        }
        found
    }

    /// The file of a macro made by example: that which calls it if it makes one of the name, else the only one that does.
    fn macro_file(&self, name: &str, caller: &str) -> Option<String> {
        let makers = self.macros.get(name).filter(|makers| makers.len() == 1 && !makers.contains(caller))?;
        makers.first().cloned()
    }

    /// Whether a module imports the name from another crate.
    fn names_foreign(&self, module: usize, name: &str) -> bool {
        self.modules[module].imports.iter().any(|import| import.name.as_deref().is_none_or(|own| own == name))
    }

    /// What a name means in a module: its child, its own item, what it imports by name, or what it imports with `*`.
    fn look_up(&self, number: usize, name: &str, seen: &mut Seen) -> BTreeSet<Target> {
        let module = &self.modules[number];
        let mut targets: BTreeSet<Target> =
            module.children.get(name).map(|child| Target::Module(*child)).into_iter().collect();
        if module.items.contains(name) {
            targets.insert(Target::Item(module.file.clone()));
        }
        if !seen.insert((number, name.to_owned())) {
            return targets;
        }
        for import in module.imports.iter().filter(|import| import.name.as_deref() == Some(name)) {
            targets.extend(self.resolve(number, &import.path, seen));
        }
        if targets.is_empty() {
            for import in module.imports.iter().filter(|import| import.name.is_none()) {
                for target in self.resolve(number, &import.path, seen) {
                    if let Target::Module(of) = target {
                        targets.extend(self.look_up(of, name, seen));
                    }
                }
            }
        }
        targets
    }
}

/// A path goes on in a module, if there is one of the name: no path goes on in a function.
fn keep_modules(targets: &mut BTreeSet<Target>) {
    let is_module = |target: &Target| matches!(target, Target::Module(_));
    if targets.iter().any(is_module) {
        targets.retain(is_module);
    }
}
