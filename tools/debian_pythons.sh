#!/usr/bin/env bash
# As root: tools/debian_pythons.sh FOLDER [MIRROR]
# Puts Debian unstable with Python 3.13 and 3.14 and a clone of this checkout into FOLDER, and runs `make check-pythons`
# there. Needs debootstrap; which index pip asks is told by PIP_ variables. What it mounts is gone when it ends.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/.." && pwd)
folder=$(realpath -m "$1")
if [ ! -d "$folder/checkout" ]; then
  debootstrap --variant=minbase --include=ca-certificates,gcc,git,libc6-dev,libdeflate-dev,make,pkg-config,python3,\
python3.13-dev,python3.13-venv,python3.14-dev,python3.14-venv sid "$folder" ${2:+"$2"}
  git clone --quiet "$checkout" "$folder/checkout"
else
  git -C "$folder/checkout" fetch --quiet "$checkout" HEAD
  git -C "$folder/checkout" reset --quiet --hard FETCH_HEAD
fi
cp /etc/resolv.conf "$folder/etc/"
export folder HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec unshare --mount --propagation private bash -c '
  mount -t proc proc "$folder/proc" && mount --rbind /dev "$folder/dev"
  exec chroot "$folder" make -C /checkout check-pythons'
