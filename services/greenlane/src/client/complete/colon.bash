# Bash parts words at a colon, and a code has one in it. The shell's own setting stays as it is: the words are put
# together again before they are asked about, and of each answer what stands before the last colon is taken off, as that
# is on the line already.
_greenlane() {
    if [[ $COMP_WORDBREAKS != *:* ]]; then
        _clap_complete_greenlane "$@"
        return
    fi
    local line=$COMP_LINE joined=() whole=$2 current=0 at word blank
    for at in "${!COMP_WORDS[@]}"; do
        word=${COMP_WORDS[at]}
        blank=${line%%[![:blank:]]*}
        line=${line#"$blank"}
        line=${line#"$word"}
        if [[ -z $blank && $at -gt 0 && ( $word == :* || ${COMP_WORDS[at - 1]} == *: ) ]]; then
            if [[ $at -eq $COMP_CWORD ]]; then
                [[ $word == :* ]] && whole=${joined[current]}$word || whole=${joined[current]}$2
            fi
            joined[current]+=$word
        else
            joined+=("$word")
            current=$((${#joined[@]} - 1))
        fi
        [[ $at -eq $COMP_CWORD ]] && break
    done
    local COMP_WORDS=("${joined[@]}") COMP_CWORD=$current
    _clap_complete_greenlane "$1" "$whole" "$3"
    local there=${whole%"${whole##*:}"} reply
    for reply in "${!COMPREPLY[@]}"; do
        COMPREPLY[reply]=${COMPREPLY[reply]#"$there"}
    done
}
