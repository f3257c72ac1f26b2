//! How the source stands: no file imports another that imports it, straight or round a corner, and no file is longer than 450 lines.
//!
//! `cargo test -p reposit-tests --test structure -- --nocapture` prints the floors of the runtime.

mod graph;
mod imports;
mod resolve;
mod small_trees;
mod source;

use std::path::{Path, PathBuf};

use source::{Crate, Files};

/// The most lines of a file.
const MOST_LINES: usize = 450;

/// The crates whose files may not import each other in a circle.
const CRATES: [&str; 4] =
    ["runtime/src/lib.rs", "macros/src/lib.rs", "tests/src/lib.rs", "tests/conformance/src/lib.rs"];

/// The folders whose files are measured.
const FOLDERS: [&str; 4] = ["runtime", "macros", "tests", "examples"];

fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the tests are a folder of the workspace").to_owned()
}

/// All Rust files of the workspace, by their paths in it.
fn files() -> Files {
    let mut files = Files::new();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| workspace().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the workspace") {
            let path = entry.expect("an entry of it").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("Rust is UTF-8");
                let path = path.strip_prefix(workspace()).expect("it is in the workspace");
                let segments: Vec<_> = path.iter().map(|segment| segment.to_string_lossy()).collect();
                files.insert(segments.join("/"), text);
            }
        }
    }
    files
}

#[test]
fn no_files_import_each_other() {
    let files = files();
    let mut circles = String::new();
    for root in CRATES {
        let graph = Crate::read(&files, root).expect("the crate is read").graph();
        if root.starts_with("runtime") {
            println!("the floors of the runtime:\n{}", graph.print_floors("runtime/src/"));
        }
        circles += &graph.print_circles();
    }
    assert!(circles.is_empty(), "files import each other:\n{circles}");
}

#[test]
fn no_file_is_too_long() {
    let lengths = files().into_iter().map(|(path, text)| (text.lines().count(), path));
    let mut long: Vec<(usize, String)> = lengths.filter(|(lines, _)| *lines > MOST_LINES).collect();
    long.sort_unstable();
    assert!(long.is_empty(), "files of more than {MOST_LINES} lines: {long:#?}");
}
