/** What ends in a slash, a colon or a comma is the beginning of more: no space follows it. */
export const zshScript = (program: string, id: string): string => `#compdef ${program}
_${id}() {
  emulate -L zsh
  setopt extended_glob
  local answer line name directive
  local -a before open openShown closed closedShown
  before=("\${(@Q)words[2,CURRENT-1]}")
  answer=$('${program}' __complete "\${(@)before}" "\${(Q)PREFIX}" 2>/dev/null </dev/null) || return 1
  directive=\${answer##*:}
  [[ $directive == <-> ]] || return 1
  for line in "\${(@f)answer}"; do
    [[ -z $line || $line == :* ]] && continue
    name=\${line%%$'\\t'*}
    [[ $line == *$'\\t'* ]] && line="$name  -- \${line#*$'\\t'}"
    if [[ $name == *[/:,=] ]]; then
      open+=("$name"); openShown+=("$line")
    else
      closed+=("$name"); closedShown+=("$line")
    fi
  done
  [[ $PREFIX == -*=* ]] && compset -P 1 '*='
  local found=1
  (( $#open )) && compadd -S '' -l -d openShown -a open && found=0
  (( $#closed )) && compadd -l -d closedShown -a closed && found=0
  (( found == 0 )) && return 0
  if (( directive & 16 )); then
    _files -/
  elif (( ! (directive & 4) )); then
    _files
  else
    return 1
  fi
}
if [[ $funcstack[1] == _${id} || $funcstack[1] == '_${program}' ]]; then
  _${id} "$@"
elif (( $+functions[compdef] )); then
  compdef _${id} '${program}'
fi
`;
