/** fish itself puts no space behind what ends in a slash or a colon. */
export const fishScript = (program: string, id: string): string => `# fish completion of ${program}
function __${id}_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l plain (string unescape -- $current)
    or set plain $current
    set -l answer ('${program}' __complete $words[2..-1] "$plain" 2>/dev/null </dev/null)
    or return 1
    set -l directive (string match -r '^:(\\d+)$' -- $answer[-1])[2]
    or return 1
    set -l prefix (string match -r -- '^--?[^=]*=' "$plain")
    for line in $answer[1..-2]
        printf '%s%s\\n' "$prefix" $line
    end
    if test (count $answer) -gt 1
        return 0
    end
    set -l path (string replace -- "$prefix" '' "$plain")
    if test (math "bitand($directive, 16)") -ne 0
        __fish_complete_directories "$path" '' | string replace -r '^' -- "$prefix"
    else if test (math "bitand($directive, 4)") -eq 0
        __fish_complete_path "$path" | string replace -r '^' -- "$prefix"
    end
end
complete -c '${program}' -f -a '(__${id}_complete)'
`;
