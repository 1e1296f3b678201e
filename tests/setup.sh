#!/bin/sh
# Installs what the tests need beside npm's packages: a browser for the HTML reports, and Python for
# the safetensors cross-check. Debian and Ubuntu; elsewhere install the same by hand.
set -eu
missing=''
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing="$missing chromium"
command -v python3 >/dev/null || missing="$missing python3"
[ -z "$missing" ] && exit 0
sudo=''
[ "$(id -u)" -eq 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo apt-get install -y -qq --no-install-recommends $missing
