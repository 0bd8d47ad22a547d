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
VERSION	:= $(shell sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' kmod/main.c)
PYTHONDIR ?= /usr/lib/python3/dist-packages
PREFIX	?= /usr

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))

#: make setup      install what building and testing need (Debian 12)
#: make            build the modules for every installed kernel, and the helper
#: make demo       watch a cluster of VMs lose a node (FAST=1: smaller VMs)
#: make tour       type the README's tour of a cluster's life into VMs (TYPE=1: you type)
#: make check      everything that proves it; ends in "N passed, N failed"
#: make debug-kernel  build the kernel of check-debug (needs scripts/setup --debug)
#: make check-debug   the kernel's tests and core scenarios on it; ends in "N passed, N failed"
#: make check-long  debug kernel, longer fuzzing, a bad line, chaos; ends in "N passed, N failed"
#: make model      check the model of the takeover with spin, and that it catches mutations
#: make bench      measure, JSON and table
#: make chaos      random faults while a client writes (SEED=n MINUTES=m)
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
# KNELL_FAULTS=1 compiles the injection points of kmod/fault/ in, in a folder of its own.
KMOD_SUFFIX := $(if $(KNELL_FAULTS),-faults)
export KNELL_FAULTS
kmod-%:
	@mkdir -p $(BUILD)/$*$(KMOD_SUFFIX)
	@rsync -a --delete --exclude='*.o' --exclude='.*' --exclude='*.ko' --exclude='*.mod*' \
		--exclude='Module.symvers' --exclude='modules.order' kmod include $(BUILD)/$*$(KMOD_SUFFIX)/
	$(MAKE) -C $(shell PYTHONPATH=scripts python3 -m vm.kernel tree $*) M=$(BUILD)/$*$(KMOD_SUFFIX)/kmod \
		W=1 KCFLAGS=$(KCFLAGS) modules

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

tour: setup all
	scripts/tour $(if $(TYPE),--type)

check:
	scripts/check

# Kept in the cache; compiles only when configuration, source or compiler changed.
debug-kernel:
	PYTHONPATH=scripts python3 -m vm.debugkernel

check-debug:
	scripts/check --debug

# slower still, see README
check-long:
	scripts/check --long

model:
	tests/model/run

bench: all
	tests/bench/run

chaos: all
	tests/chaos/run $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

lint:
	scripts/lint

# With DESTDIR nothing outside of it is touched and depmod is left to the package.
install: kmod-$(KVER) helper
	DESTDIR=$(DESTDIR) cmake --install $(BUILD)/helper >$(BUILD)/install.log
	for module in knell knell_target; do \
		install -D -m 644 $(BUILD)/$(KVER)/kmod/$$module.ko \
			$(DESTDIR)/lib/modules/$(KVER)/updates/knell/$$module.ko || exit 1; \
	done
	for header in knell.h knell_wire.h; do \
		install -D -m 644 include/uapi/linux/$$header \
			$(DESTDIR)$(PREFIX)/include/linux/$$header || exit 1; \
	done
	install -d $(DESTDIR)$(PYTHONDIR)/knell_rtslib
	install -m 644 python/knell_rtslib/*.py $(DESTDIR)$(PYTHONDIR)/knell_rtslib/
	install -m 644 python/knell_rtslib.pth $(DESTDIR)$(PYTHONDIR)/
	install -d $(DESTDIR)$(PREFIX)/share/doc/knell
	install -m 644 Documentation/cluster-example.yaml Documentation/cluster-arrays.yaml \
		$(DESTDIR)$(PREFIX)/share/doc/knell/
	install -d -m 700 $(DESTDIR)/etc/knell $(DESTDIR)/var/lib/knell
	if [ -z "$(DESTDIR)" ]; then depmod $(KVER); fi
	if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi

# The cluster file, the secret and the state directory stay.
uninstall:
	if [ -f $(BUILD)/helper/install_manifest.txt ]; then \
		sed 's|^|$(DESTDIR)|' $(BUILD)/helper/install_manifest.txt | xargs -d '\n' rm -f; fi
	rm -rf $(DESTDIR)/lib/modules/$(KVER)/updates/knell
	rm -f $(DESTDIR)$(PREFIX)/include/linux/{knell,knell_wire}.h
	rm -rf $(DESTDIR)$(PYTHONDIR)/knell_rtslib $(DESTDIR)$(PYTHONDIR)/knell_rtslib.pth
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/knell
	if [ -z "$(DESTDIR)" ]; then depmod $(KVER); fi

dkms:
	install -d $(DESTDIR)/usr/src/knell-$(VERSION)
	sed 's/@VERSION@/$(VERSION)/' dkms.conf.in >$(DESTDIR)/usr/src/knell-$(VERSION)/dkms.conf
	cp -r kmod include $(DESTDIR)/usr/src/knell-$(VERSION)/
	if [ -z "$(DESTDIR)" ]; then dkms add -m knell -v $(VERSION) && dkms install -m knell -v $(VERSION); fi

clean:
	rm -rf $(BUILD)

.PHONY: help all setup kmod helper demo tour check debug-kernel check-debug check-long model bench chaos lint install uninstall dkms clean
