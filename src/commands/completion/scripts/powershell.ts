/** Every word has a mark in front, because PowerShell before 7.3 drops empty ones, and needs no quotes around any then. */
export const powershellScript = (program: string, id: string): string => `# PowerShell completion of ${program}
$__${id}_complete = {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    $words = @($before | Select-Object -Skip 1) + @([string]$wordToComplete)
    $answer = @(& '${program}' __complete-words @($words | ForEach-Object { '=' + $_ }) 2>$null)
    if ($answer.Count -eq 0 -or $answer[-1] -notmatch '^:(\\d+)$') { return }
    $directive = [int]$Matches[1]
    $prefix = if ($wordToComplete -match '^(--?[^=]*=)') { $Matches[1] } else { '' }
    foreach ($line in ($answer | Select-Object -SkipLast 1)) {
        $name, $note = $line -split "\`t", 2
        if (-not $note) { $note = $name }
        $text = $prefix + $name
        if ($text -match '[\\s''"\`$(){};&|<>@#,]') { $text = "'" + ($text -replace "'", "''") + "'" }
        if (-not ($directive -band 2)) { $text += ' ' }
        [System.Management.Automation.CompletionResult]::new($text, $name, 'ParameterValue', $note)
    }
}
Register-ArgumentCompleter -Native -CommandName '${program}', '${program}.exe' -ScriptBlock $__${id}_complete
`;
