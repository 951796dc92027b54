"""One directory as several hosts see it that share it over a network: each mounts it for itself, and remembers names and times for itself."""

import os
import subprocess

SFTP_SERVER = "/usr/lib/openssh/sftp-server"


def best_kind():
    """What this machine can mount: NFS, which its kernel has to know, or SSHFS, or neither, which is told."""
    with open("/proc/filesystems", encoding="ascii") as file:
        known = file.read().split()
    if os.geteuid() != 0:
        return "one directory"
    if {"nfs4", "nfsd"} <= set(known):
        return "NFS"
    return "SSHFS" if "fuse" in known and os.path.exists(SFTP_SERVER) else "one directory"


class Views:
    """`kind` as above, `options` of NFS; ended by `close`."""

    def __init__(self, directory, kind, options):
        self.kind, self._directory, self._options, self._mounted = kind, directory, options, []
        os.makedirs(directory, exist_ok=True)
        if kind == "NFS":
            # As the server's root: what is above it may be nothing that can be exported.
            _run("exportfs", "-i", "-o", "rw,insecure,no_root_squash,no_subtree_check,fsid=0", f"127.0.0.1:{directory}")

    def mount(self, path):
        if self.kind == "one directory":
            os.symlink(self._directory, path)
            return
        os.makedirs(path)
        if self.kind == "NFS":
            _run("mount", "-t", "nfs4", "-o", f"{self._options},nosharecache", "127.0.0.1:/", path)
        else:
            # What SSH would start at the other end, without SSH.
            server = f"{path}.server"
            with open(server, "w", encoding="ascii") as file:
                file.write(f"#!/bin/sh\nexec {SFTP_SERVER}\n")
            os.chmod(server, 0o755)
            # A listing that is twenty seconds old would keep what another host has just written from being archived.
            _run("sshfs", "-o", f"ssh_command={server},dir_cache=no", f"host:{self._directory}", path)
        self._mounted.append(path)

    def unmount(self, path):
        if path in self._mounted:
            self._mounted.remove(path)
            _run("umount", path)
            os.rmdir(path)
        else:
            os.remove(path)

    def close(self):
        for path in self._mounted:
            subprocess.run(["umount", "--lazy", path], check=False)
        if self.kind == "NFS":
            subprocess.run(["exportfs", "-u", f"127.0.0.1:{self._directory}"], check=False)


def _run(*words):
    subprocess.run(words, check=True)
