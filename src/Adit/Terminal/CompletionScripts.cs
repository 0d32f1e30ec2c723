namespace Adit.Terminal;

/// <summary>What makes a shell ask <c>adit completion words</c>.</summary>
internal static class CompletionScripts
{
    private const string Bash = """
        # adit: completion for bash. source <(adit completion bash)
        _adit_complete() {
          local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]}
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" completion words "$COMP_POINT" "$COMP_LINE" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _adit_complete adit
        """;

    private const string Zsh = """
        #compdef adit
        # adit: completion for zsh. source <(adit completion zsh)
        _adit_complete() {
          local -a found
          found=("${(@f)$("${words[1]}" completion words "$CURSOR" "$BUFFER" 2>/dev/null)}")
          [[ -n "$found" ]] && compadd -- $found || _files
        }
        compdef _adit_complete adit
        """;

    private const string Fish = """
        # adit: completion for fish. adit completion fish | source
        function __adit_complete
          set -l line (commandline -cp)
          adit completion words (string length -- "$line") "$line" 2>/dev/null
        end
        complete -c adit -a '(__adit_complete)'
        """;

    private const string Pwsh = """
        # adit: completion for PowerShell. adit completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName adit -ScriptBlock {
          param($word, $ast, $position)
          & adit completion words $position "$ast".PadRight($position) 2>$null |
            ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    public static string For(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => Pwsh,
    };
}
