use std::{fs::File, io};

fn unsupported<T>() -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "stores work on Unix systems only, so far"))
}

pub(super) fn lock(_: &File, _: i64) -> io::Result<bool> {
    unsupported()
}

pub(super) fn unlock(_: &File, _: i64) -> io::Result<()> {
    unsupported()
}

pub(super) fn holder(_: &File, _: i64) -> io::Result<Option<u32>> {
    unsupported()
}
