using System.CommandLine;

namespace Adit.Configuration;

/// <summary>The flags of <c>adit hub</c> and <c>adit config check</c>, made from <see cref="HubSettings"/>.</summary>
internal sealed class HubFlags
{
    private readonly Dictionary<string, Option<string[]>> _options = [];
    private readonly Option<string?> _config = new("--config")
    {
        Description = $"Read this adit.yaml. Flags come before variables before the file. [{HubConfiguration.FileVariable}]",
        HelpName = "FILE",
    };

    public HubFlags(Command command)
    {
        command.Add(_config);
        foreach (var setting in HubSettings.All)
        {
            var option = new Option<string[]>(setting.Flag)
            {
                Description = Describe(setting),
                HelpName = setting.ValueName.Length > 0 ? setting.ValueName : "true|false",
                Arity = setting.Shape switch
                {
                    SettingShape.Switch => setting.ValueName.Length > 0 ? ArgumentArity.ZeroOrMore : new ArgumentArity(0, 1),
                    SettingShape.Many => ArgumentArity.OneOrMore,
                    _ => ArgumentArity.ExactlyOne,
                },
                AllowMultipleArgumentsPerToken = setting is { Shape: SettingShape.Switch, ValueName.Length: > 0 },
            };
            _options.Add(setting.Key, option);
            command.Add(option);
        }
    }

    /// <summary>Brings the command line, the environment and the file together.</summary>
    public HubConfiguration Read(ParseResult parsed)
    {
        var file = parsed.GetValue(_config) ?? (Environment.GetEnvironmentVariable(HubConfiguration.FileVariable) is { Length: > 0 } named ? named : null);
        if (file is not null && !File.Exists(file))
            throw new CommandException(ExitCode.Usage, $"The configuration file {file} does not exist; check --config.");
        return HubConfiguration.Gather(
            file,
            Environment.GetEnvironmentVariable,
            setting => parsed.GetResult(_options[setting.Key]) is { Implicit: false } ? parsed.GetValue(_options[setting.Key]) ?? [] : null);
    }

    private static string Describe(HubSetting setting)
    {
        var help = setting.Shape == SettingShape.Many ? setting.Help + " May be repeated." : setting.Help;
        return setting.Shape == SettingShape.Switch || setting.Default == "none" ? help : $"{help} Default: {setting.Default}.";
    }
}
