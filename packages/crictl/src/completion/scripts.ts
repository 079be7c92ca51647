// The completion scripts of shells, for crictl and berth. They call `PROGRAM __complete` at each Tab, which knows the
// commands of the installed version and the runtime's pods, containers and images.

/** Splits the line itself, as bash splits words at `:` and `=`, which images and flags contain. */
const bash = (program: string) => `# Completion of ${program} for bash: source <(${program} completion bash)
_${program}() {
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

complete -F _${program} ${program}
`;

const zsh = (program: string) => `#compdef ${program}
# Completion of ${program} for zsh: source <(${program} completion zsh)
_${program}() {
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
    _describe -t words ${program} candidates
}

if [[ $funcstack[1] == _${program} ]]; then
    _${program} "$@"
else
    compdef _${program} ${program}
fi
`;

const fish = (program: string) => `# Completion of ${program} for fish: ${program} completion fish | source
function __${program}_words
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -g __${program}_found (command $words[1] __complete -- $words "$current" 2>/dev/null)
    test "$__${program}_found[1]" != ':files'
end

complete -c ${program} -e
complete -c ${program} -f -k -n __${program}_words -a '$__${program}_found'
`;

const scripts: ReadonlyMap<string, (program: string) => string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
]);

/** The script for a shell; undefined for another one than bash, zsh and fish. */
export function completionScript(program: string, shell: string): string | undefined {
  return scripts.get(shell)?.(program);
}
