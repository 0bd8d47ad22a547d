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
	reset | failback) _knellctl_names app ;;
	node) printf 'test\nactivate\nstandby\n' ;;
	maintenance) printf 'on\noff\n' ;;
	mib) printf 'show\nverify\ndiff\n' ;;
	alert) printf 'test\n' ;;
	esac
}

_knellctl() {
	local commands="status monitor check start-of-day failover failback node history fabric health mib probe reset maintenance stats diagnose report statistics alert"
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command="" action="" words="--json --help" i

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ " $commands " == *" ${COMP_WORDS[i]} "* ]]; then
			command=${COMP_WORDS[i]}
			# the command of a group: node test
			((i + 1 < COMP_CWORD)) && action=${COMP_WORDS[i + 1]}
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
	failback)
		words+=" --simulate"
		# any number of applications
		[[ $cur == -* ]] || words+=" $(_knellctl_names app)"
		;;
	node)
		case $action in
		activate) words+=" --app --simulate" ;;
		standby) words+=" --simulate" ;;
		esac
		if [[ -n $action && $prev == "$action" && $cur != -* ]]; then
			words+=" $(_knellctl_names node)"
		fi
		;;
	history) words+=" --all --count --state-dir" ;;
	statistics)
		words+=" --all --count --state-dir"
		# any number of nodes
		[[ $cur == -* ]] || words+=" $(_knellctl_names node)"
		;;
	alert) words+=" --file" ;;
	probe) words+=" --timeout" ;;
	check | start-of-day | report)
		if [[ $cur != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		;;
	esac
	if [[ $command == mib && $prev == diff && $cur != -* ]]; then
		words+=" $(_knellctl_names node)"
	fi
	if [[ -n $command && $cur != -* && $prev == "$command" ]]; then
		words+=" $(_knellctl_positional "$command")"
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o filenames -F _knellctl knellctl
