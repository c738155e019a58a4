use std::{fs::File, io};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
    libc,
};

/// The byte at this place. Not an open file description's lock (`F_OFD_SETLK`), which children of a fork would keep.
fn byte(place: i64, kind: i32) -> libc::flock {
    #[expect(clippy::cast_possible_truncation, reason = "both are small constants of the system")]
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: place,
        l_len: 1,
        l_pid: 0,
    }
}

pub(super) fn lock(file: &File, place: i64) -> io::Result<bool> {
    loop {
        match fcntl(file, FcntlArg::F_SETLK(&byte(place, libc::F_WRLCK))) {
            Ok(_) => return Ok(true),
            Err(Errno::EAGAIN | Errno::EACCES) => return Ok(false),
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

pub(super) fn unlock(file: &File, place: i64) -> io::Result<()> {
    fcntl(file, FcntlArg::F_SETLK(&byte(place, libc::F_UNLCK)))?;
    Ok(())
}

pub(super) fn holder(file: &File, place: i64) -> io::Result<Option<u32>> {
    let mut lock = byte(place, libc::F_WRLCK);
    fcntl(file, FcntlArg::F_GETLK(&mut lock))?;
    let free = i32::from(lock.l_type) == libc::F_UNLCK;
    Ok((!free).then(|| u32::try_from(lock.l_pid).unwrap_or(0)))
}
