# PowerShell completion for task. Load it with: task --completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'task' -ScriptBlock {
    param($word, $tree, $cursor)

    $exe = if ($env:TASK_EXE) { $env:TASK_EXE } else { 'task' }
    $words = @($tree.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.ToString().Trim("'`"") })
    $answer = @(& $exe __complete @words "$word" 2>$null)
    if ($answer.Count -eq 0) { return }
    $number = [int]$answer[-1].TrimStart(':')
    $answer = @($answer | Select-Object -SkipLast 1)

    # Of a value in the same word as its flag, only the value is a path.
    $flag = ''
    $path = $word
    if ($word -match '^(-[^=]*=)(.*)$') {
        $flag = $Matches[1]
        $path = $Matches[2]
    }
    $offer = {
        param($text, $about)
        $shown = if ($about) { $about } else { $text }
        [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $shown)
    }
    if ($number -band 16) {
        Get-ChildItem -Directory -Path "$path*" | ForEach-Object { & $offer ($flag + (Resolve-Path -Relative $_)) }
    } elseif ($number -band 8) {
        Get-ChildItem -Path "$path*" |
            Where-Object { $_.PSIsContainer -or $answer -contains $_.Extension.TrimStart('.') } |
            ForEach-Object { & $offer ($flag + (Resolve-Path -Relative $_)) }
    } else {
        foreach ($line in $answer) {
            $value, $about = $line -split "`t", 2
            if ($value.StartsWith($word)) { & $offer $value $about }
        }
    }
}
