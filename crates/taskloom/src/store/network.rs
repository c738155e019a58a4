//! A network file system is refused: SQLite's shared memory and the locks of processes on other machines do not
//! work there.

use std::path::Path;

use crate::{Error, ErrorKind, Result};

#[cfg(target_os = "linux")]
pub(super) fn refuse(directory: &Path) -> Result<()> {
    let statistics = nix::sys::statfs::statfs(directory).map_err(|error| {
        Error::new(ErrorKind::StoreFailed, format!("cannot look at the directory {}: {error}", directory.display()))
    })?;
    match name(statistics.filesystem_type()) {
        None => Ok(()),
        Some(name) => Err(Error::new(
            ErrorKind::StoreFailed,
            format!(
                "a store cannot be in {}, which lies on a network file system ({name}): locks do not hold there\n  use \
                 a directory on a disk of this machine",
                directory.display()
            ),
        )),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn refuse(_: &Path) -> Result<()> {
    Ok(())
}

/// The name of a network file system by its magic number in `statfs(2)`.
#[cfg(target_os = "linux")]
fn name(kind: nix::sys::statfs::FsType) -> Option<&'static str> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a magic number has 32 bits")]
    Some(match kind.0 as u32 {
        0x6969 => "NFS",
        0x517b | 0xfe53_4d42 => "SMB",
        0xff53_4d42 => "CIFS",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x00c3_6400 => "Ceph",
        0x7375_7245 => "Coda",
        0x564c => "NCP",
        0x0bd0_0bd0 => "Lustre",
        0x0116_1970 => "GFS2",
        0x7461_636f => "OCFS2",
        0x4750_4653 => "GPFS",
        _ => return None,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn d_06_network_file_systems_are_known_by_their_magic_numbers() {
        use nix::sys::statfs::{CODA_SUPER_MAGIC, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, TMPFS_MAGIC};
        assert_eq!(name(NFS_SUPER_MAGIC), Some("NFS"));
        assert_eq!(name(SMB_SUPER_MAGIC), Some("SMB"));
        assert_eq!(name(CODA_SUPER_MAGIC), Some("Coda"));
        assert_eq!(name(TMPFS_MAGIC), None);
    }

    #[test]
    fn d_06_a_local_directory_is_not_refused() {
        assert!(refuse(&std::env::temp_dir()).is_ok());
    }
}
