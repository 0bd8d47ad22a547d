# SPDX-License-Identifier: GPL-2.0
# Completion of knellctl for bash; names come from the kernel's tables.
# shellcheck shell=bash

_knellctl_names() {
	# "exists node name:a id:2 ...": the words after "name:" of one kind
	knellctl monitor --now 2>/dev/null | sed -n "s/^exists $1 name:\([^ ]*\) .*/\1/p"
}

_knellctl_positional() {
	case $1 in
	failover | probe) _knellctl_names node ;;
	reset) _knellctl_names app ;;
	maintenance) printf 'on\noff\n' ;;
	mib) printf 'show\nverify\n' ;;
	alert) printf 'test\n' ;;
	esac
}

_knellctl() {
	local commands="status monitor check failover history fabric health mib probe reset maintenance stats statistics alert"
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command="" words="--json --help" i

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ " $commands " == *" ${COMP_WORDS[i]} "* ]]; then
			command=${COMP_WORDS[i]}
			break
		fi
	done
	case $prev in
	--to)
		mapfile -t COMPREPLY < <(compgen -W "$(_knellctl_names node)" -- "$cur")
		return
		;;
	--app)
		mapfile -t COMPREPLY < <(compgen -W "$(_knellctl_names app)" -- "$cur")
		return
		;;
	--file)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--state-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--timeout | --count | -n)
		[[ $command == monitor ]] || return
		;;
	esac
	case $command in
	"") words+=" --version $commands" ;;
	status) words+=" --watch" ;;
	monitor) words+=" --timestamps --now" ;;
	failover) words+=" --to --app --simulate" ;;
	history | statistics) words+=" --count --state-dir" ;;
	alert) words+=" --file" ;;
	probe) words+=" --timeout" ;;
	check)
		if [[ $cur != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		;;
	esac
	if [[ -n $command && $cur != -* && $prev == "$command" ]]; then
		words+=" $(_knellctl_positional "$command")"
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o filenames -F _knellctl knellctl
