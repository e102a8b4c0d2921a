/*
 * bash splits words at `:` and `=`, and puts only what stands behind the last of them in place: the words are put together
 * again, and what bash keeps of the last one is taken off the candidates. Nothing of the line is evaluated. bash 3.2 (macOS)
 * has no compopt: there a space follows every candidate.
 */
export const bashScript = (program: string, id: string): string => `# bash completion of ${program}
__${id}_complete() {
  local line=\${COMP_LINE:0:COMP_POINT} words=() piece rest i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    rest=\${line#"\${line%%[![:space:]]*}"}
    piece=\${COMP_WORDS[i]}
    [[ $i -eq COMP_CWORD ]] && piece=\${rest:0:\${#piece}}
    [[ $i -eq 0 || $rest != "$line" ]] && words+=('')
    words[\${#words[@]}-1]+=$piece
    line=\${rest#"$piece"}
  done
  local current=\${words[\${#words[@]}-1]} quoted=''
  [[ $current == [\\'\\"]* ]] && quoted=1
  for ((i = 0; i < \${#words[@]}; i++)); do words[i]=\${words[i]//[\\\\\\"\\']/}; done

  local answer directive
  answer=$('${program}' __complete "\${words[@]:1}" 2>/dev/null </dev/null) || return
  directive=\${answer##*:}
  [[ $directive =~ ^[0-9]+$ ]] || return
  ((directive & 2)) && compopt -o nospace 2>/dev/null
  ((directive & 4)) && compopt +o default 2>/dev/null
  current=\${words[\${#words[@]}-1]}
  [[ $current == -*=* ]] && current=\${current#*=}
  if ((directive & 16)); then
    while IFS= read -r piece; do COMPREPLY+=("$piece"); done < <(compgen -d -- "$current")
    compopt -o filenames 2>/dev/null
    return
  fi

  local kept=''
  [[ $COMP_WORDBREAKS == *:* && $current == *:* ]] && kept=\${current%"\${current##*:}"}
  while IFS= read -r piece; do
    [[ $piece == :* || -z $piece ]] && continue
    piece=\${piece%%$'\\t'*}
    piece=\${piece#"$kept"}
    [[ -n $quoted ]] || printf -v piece %q "$piece"
    COMPREPLY+=("$piece")
  done <<<"$answer"
}
complete -o default -F __${id}_complete '${program}'
`;
