// The completion scripts of shells. They call `crictl __complete` at each Tab, which knows the commands of the installed
// version and the runtime's pods, containers and images.

/** Splits the line itself, as bash splits words at `:` and `=`, which images and flags contain. */
const bash = `# Completion of crictl for bash: source <(crictl completion bash)
_crictl() {
    local line=\${COMP_LINE:0:COMP_POINT} current known word
    local -a words
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    current=\${words[\${#words[@]} - 1]}
    # bash replaces only what is behind the last of its own ends of words.
    known=
    [[ $current == *[:=]* && $COMP_WORDBREAKS == *[:=]* ]] && known=\${current%"\${current##*[:=]}"}
    COMPREPLY=()
    while IFS=$'\\t' read -r word _; do
        if [[ $word == :files ]]; then
            compopt -o default
            return
        fi
        [[ $word == *[=] ]] && compopt -o nospace
        COMPREPLY+=("\${word#"$known"}")
    done < <("\${words[0]}" __complete -- "\${words[@]}" 2>/dev/null)
}

complete -F _crictl crictl
`;

const zsh = `#compdef crictl
# Completion of crictl for zsh: source <(crictl completion zsh)
_crictl() {
    local line
    local -a lines candidates
    lines=("\${(@f)$("\${(Q)words[1]}" __complete -- "\${(@Q)words[1,CURRENT]}" 2>/dev/null)}")
    if [[ $lines[1] == :files ]]; then
        compset -P '*='
        _files
        return
    fi
    for line in $lines; do
        candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    done
    _describe -t words crictl candidates
}

if [[ $funcstack[1] == _crictl ]]; then
    _crictl "$@"
else
    compdef _crictl crictl
fi
`;

const fish = `# Completion of crictl for fish: crictl completion fish | source
function __crictl_words
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -g __crictl_found (command $words[1] __complete -- $words "$current" 2>/dev/null)
    test "$__crictl_found[1]" != ':files'
end

complete -c crictl -e
complete -c crictl -f -k -n __crictl_words -a '$__crictl_found'
`;

/** Scripts by the name of the shell. */
export const completionScripts: ReadonlyMap<string, string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
]);
