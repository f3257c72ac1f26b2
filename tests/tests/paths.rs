//! Every path that the pages on the inside of the library name is there, and so is every file that they link to.

use std::path::Path;

/// The pages, from the top of the repository.
const PAGES: [&str; 4] = ["CONTRIBUTING.md", "docs/architecture.md", "tests/README.md", "README.md"];

/// The folders that the pages leave out at the beginning of a path.
const SHORTENED: [&str; 3] = ["runtime/src/", "runtime/src/backend/dynamodb/", "runtime/src/backend/mongodb/"];

fn top() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// What stands in backquotes and is a path: a file or a folder by its form.
fn paths(page: &str) -> impl Iterator<Item = &str> {
    let prose = page.split("```").step_by(2);
    let quoted = prose.flat_map(|text| text.split('`').skip(1).step_by(2));
    quoted.filter(|text| {
        let is_path = text.chars().all(|c| c.is_ascii_alphanumeric() || "/_-.".contains(c));
        let is_named = text.ends_with('/') || [".rs", ".md", ".toml"].iter().any(|end| text.ends_with(end));
        is_path && is_named && text.contains(|c: char| c.is_ascii_alphabetic())
    })
}

/// Where a path of a page may be meant to begin.
fn is_there(page: &str, path: &str) -> bool {
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let begins = SHORTENED.map(Path::new).into_iter().chain([Path::new(""), folder]);
    begins.into_iter().any(|begin| top().join(begin).join(path).exists())
}

/// The files that a page links to, without the place in them.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let targets = targets.filter(|target| !target.contains("::") && !target.contains("//"));
    targets.filter_map(|target| target.split('#').next()).filter(|target| !target.is_empty())
}

#[test]
fn every_path_that_a_page_names_is_there() {
    let mut missing = Vec::new();
    for page in PAGES {
        let text = std::fs::read_to_string(top().join(page)).expect("the page is there");
        let lost = paths(&text).filter(|path| !is_there(page, path));
        missing.extend(lost.map(|path| format!("{page}: {path}")));
    }
    assert!(missing.is_empty(), "no such path:\n{}", missing.join("\n"));
}

#[test]
fn every_file_that_a_page_links_to_is_there() {
    let guide = std::fs::read_dir(top().join("docs")).expect("the guide").flatten();
    let guide = guide.map(|entry| format!("docs/{}", entry.file_name().to_string_lossy()));
    let mut missing = Vec::new();
    for page in guide.chain(PAGES.map(str::to_owned)) {
        let text = std::fs::read_to_string(top().join(&page)).expect("the page is there");
        let folder = Path::new(&page).parent().unwrap_or(Path::new("")).to_owned();
        let lost = links(&text).filter(|target| !top().join(&folder).join(target).exists());
        missing.extend(lost.map(|target| format!("{page}: {target}")));
    }
    assert!(missing.is_empty(), "links to nothing:\n{}", missing.join("\n"));
}
