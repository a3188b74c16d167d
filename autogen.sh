#!/bin/sh
# Makes ./configure in a fresh checkout.
cd "$(dirname "$0")" && exec autoreconf -fi
