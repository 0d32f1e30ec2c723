using System.Collections;
using System.CommandLine;
using Adit.Hub;
using Adit.Hub.Config;

namespace Adit.Commands;

/// <summary>The flags of <c>adit hub</c> and <c>adit config check</c>: one for each key of the hub's configuration.</summary>
internal sealed class HubFlags
{
    private const string AutoTls = "--auto-tls";
    private const string AutoNames = "--auto-tls-name";

    // What people try first, from other programs.
    private static readonly Dictionary<string, string> Aliases = new()
    {
        ["--cert"] = "--tls-cert",
        ["--key"] = "--tls-key",
        [AutoNames] = "--auto-tls-san",
        ["--otlp-endpoint"] = "--otlp",
    };

    private readonly Dictionary<ConfigKey, Option<string[]>> _options = [];
    private readonly Option<string?> _config = new("--config")
    {
        Description = "The configuration file, whose keys are these flags (each is a variable too: see 'adit config check'). "
            + $"Default: adit.yaml in the data directory, if it is there. [{HubConfig.FileVariable}]",
        HelpName = "FILE",
    };

    public HubFlags(Command command)
    {
        command.Add(_config);
        var defaults = new HubOptions { DataDirectory = "~/.local/share/adit" };
        foreach (var key in ConfigKeys.All)
        {
            var isAuto = key.Flag == AutoTls;
            var option = new Option<string[]>(key.Flag, Aliases.TryGetValue(key.Flag, out var alias) ? [alias] : [])
            {
                Description = Sentence(key, isAuto)
                    + (!key.IsSwitch && key.Show(defaults) is { Length: > 0 } standard ? $" [default: {standard}]" : ""),
                HelpName = isAuto ? "NAME" : key.Word,
                Arity = key.IsSwitch ? ArgumentArity.ZeroOrMore : ArgumentArity.OneOrMore, // The configuration says itself where one value is enough.
                AllowMultipleArgumentsPerToken = isAuto,
                // The library's own conversion to an array insists on an arity of more than one.
                CustomParser = static result => [.. result.Tokens.Select(static token => token.Value)],
            };
            _options.Add(key, option);
            command.Add(option);
        }
    }

    /// <summary>Brings flags, environment and file together.</summary>
    /// <returns>The options, null when the report has problems; and the report.</returns>
    public (HubOptions? Options, ConfigReport Report) Read(ParseResult parsed)
    {
        var flags = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var (key, option) in _options)
        {
            if (parsed.GetResult(option) is { Implicit: false })
                flags[key.Flag] = parsed.GetValue(option) is { Length: > 0 } values ? values : ["true"];
        }

        // --auto-tls 192.0.2.7 switches it on and names the address in one go.
        if (flags.GetValueOrDefault(AutoTls) is { } auto && auto.Any(static v => v is not ("true" or "false")))
        {
            flags[AutoNames] = [.. auto.Where(static v => v is not ("true" or "false")), .. flags.GetValueOrDefault(AutoNames) ?? []];
            flags[AutoTls] = ["true"];
        }

        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(static e => (string)e.Key, static e => (string?)e.Value ?? "");
        return HubConfig.Load(parsed.GetValue(_config), environment, flags);
    }

    private static string Sentence(ConfigKey key, bool isAuto) =>
        key.Help + (isAuto ? "; names and addresses given here are added to it" : "") + (key.IsList ? ". May be repeated." : ".");
}
