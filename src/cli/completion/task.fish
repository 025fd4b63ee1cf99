# fish completion for task. Load it with: task --completion fish | source

function __task_completion
    set -l exe task
    set -q TASK_EXE; and set exe $TASK_EXE
    set -l words (commandline -opc)[2..-1]
    set -l word (commandline -ct)
    set -l answer ($exe __complete $words "$word" 2>/dev/null)
    test (count $answer) -gt 0; or return
    set -l number (string trim --left --chars=: -- $answer[-1])
    set -e answer[-1]

    set -l flag ""
    set -l path $word
    if string match -qr -- '^-.*=' $word
        set flag (string replace -r -- '=.*$' '=' $word)
        set path (string replace -r -- '^[^=]*=' '' $word)
    end
    if test (math "bitand($number, 16)") -ne 0
        for entry in (__fish_complete_directories "$path" "")
            echo $flag$entry
        end
    else if test (math "bitand($number, 8)") -ne 0
        for extension in $answer
            for entry in (__fish_complete_suffix --complete="$path" ".$extension")
                echo $flag$entry
            end
        end
    else if test (count $answer) -eq 0; and test (math "bitand($number, 4)") -eq 0
        for entry in (__fish_complete_path "$path")
            echo $flag$entry
        end
    else
        printf '%s\n' $answer
    end
end

set -l exe task
set -q TASK_EXE; and set exe $TASK_EXE
complete -c $exe -f -k -a '(__task_completion)'
