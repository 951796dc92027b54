# What needs nginx: prints one that works, or that NGINX names. Where none is installed it is taken out of Debian's package, into
# an ignored folder, so that no service begins.

find_nginx() {
  local nginx unpacked=$PWD/.work/nginx
  nginx=${NGINX:-$(PATH=$PATH:/usr/sbin command -v nginx || echo "$unpacked/usr/sbin/nginx")}
  works "$nginx" || { unpack_nginx "$unpacked" && works "$nginx"; } || return 1
  echo "$nginx"
}

unpack_nginx() {
  local parts
  parts=$(mktemp -d)
  mkdir -p "$1"
  (cd "$parts" && { apt-get download --quiet nginx || { apt-get update --quiet && apt-get download --quiet nginx; }; }) >/dev/null 2>&1 &&
    dpkg-deb --extract "$parts"/nginx_*.deb "$1"
}

works() { "$1" -v >/dev/null 2>&1; }
