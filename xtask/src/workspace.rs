use std::path::Path;

/// The root of the workspace: every command runs there, wherever `cargo xtask` was called.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// The features that are off by default, and are checked and tested all the same.
pub(crate) const FEATURES: &str = "taskloom/sqlite";

/// The folders with Python code. All are formatted and linted alike.
pub(crate) const PYTHON_SOURCES: [&str; 4] = ["python", "tests/python", "examples/python", "bench"];

/// `path` as seen from the root, if it lies below it.
pub(crate) fn relative(path: &Path) -> &Path {
    path.strip_prefix(root()).unwrap_or(path)
}
