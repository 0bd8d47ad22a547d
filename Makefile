# SPDX-License-Identifier: GPL-2.0
# The one door: build, prove, show, install.

SHELL	:= /bin/bash
# kernels the modules are built for
KVERS	?= $(shell PYTHONPATH=scripts python3 -m vm.kernel list)
# kernel whose modules "make install" installs
KVER	?= $(shell uname -r)
BUILD	?= $(CURDIR)/build
TYPE	?= RelWithDebInfo
DESTDIR	?=
PREFIX	?= /usr

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))

#: make setup      install what building and testing need (Debian 12)
#: make            build the modules for every installed kernel, and the helper
#: make demo       watch a cluster of VMs lose a node (FAST=1: smaller VMs)
#: make check      everything that proves it; ends in "N passed, N failed"
#: make bench      measure, JSON and table
#: make lint       style and static checks
#: make install    modules of $KVER, daemon, CLI, unit, man pages (DESTDIR=)
#: make uninstall  the reverse
#: make dkms       register the modules with DKMS
#: make clean      remove everything built
.DEFAULT_GOAL := all

all: kmod helper

setup:
	scripts/setup

kmod: $(addprefix kmod-,$(KVERS))

# Each kernel gets a copy of the sources: the object files of two kernels must not mix.
kmod-%:
	@mkdir -p $(BUILD)/$*
	@rsync -a --delete --exclude='*.o' --exclude='.*' --exclude='*.ko' --exclude='*.mod*' \
		--exclude='Module.symvers' --exclude='modules.order' kmod include $(BUILD)/$*/
	$(MAKE) -C /lib/modules/$*/build M=$(BUILD)/$*/kmod W=1 KCFLAGS=$(KCFLAGS) modules

helper:
	@cmake -S helper -B $(BUILD)/helper -G Ninja -DCMAKE_BUILD_TYPE=$(TYPE) \
		-DCMAKE_INSTALL_PREFIX=$(PREFIX) >$(BUILD)/helper-configure.log 2>&1 || \
		{ cat $(BUILD)/helper-configure.log; exit 1; }
	@cmake --build $(BUILD)/helper

$(BUILD):
	@mkdir -p $@
helper: | $(BUILD)

demo:
	scripts/demo $(if $(FAST),--fast)

check:
	scripts/check

bench: all
	tests/bench/run

lint:
	scripts/lint

clean:
	rm -rf $(BUILD)

.PHONY: help all setup kmod helper demo check bench lint install uninstall dkms clean
