using System.CommandLine;
using Adit.Api;
using Adit.Runner.Agent;

namespace Adit.Commands;

/// <summary>What a runner is told on the command line.</summary>
internal sealed class RunnerFlags
{
    private readonly Option<string?> _name = new("--name") { Description = "What it is called on the hub. Default: the machine's name.", HelpName = "NAME" };
    private readonly Option<string[]> _labels = new("--label") { Description = "A label, by which tasks choose it: gpu=a100. May be repeated.", HelpName = "KEY=VALUE", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string[]> _taints = new("--taint") { Description = "Keeps tasks off that do not tolerate it. May be repeated.", HelpName = "KEY[=VALUE]", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _private = new("--private") { Description = "Only its owner's tasks run here. Default: everybody's, where an admin's token is used." };
    private readonly Option<string?> _data = Data();

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_name);
        command.Add(_labels);
        command.Add(_taints);
        command.Add(_private);
        command.Add(_data);
    }

    /// <summary>What they say.</summary>
    /// <exception cref="FormatException">One is not understood.</exception>
    public RunnerOptions Read(ParseResult parsed) => new()
    {
        Name = parsed.GetValue(_name) ?? ClientName.OfThisMachine(),
        DataDirectory = DataOf(parsed, _data),
        Version = ProductVersion.Text,
        Labels = KeyValues(parsed.GetValue(_labels), "--label"),
        Taints = [.. (parsed.GetValue(_taints) ?? []).Select(static t => t.Split('=', 2) is [var key, var value] ? new Taint(key, value) : new Taint(t))],
        IsPrivate = parsed.GetValue(_private),
    };

    /// <summary>The option that names a runner's data directory.</summary>
    public static Option<string?> Data() =>
        new("--data") { Description = "The runner's directory for its tasks, their homes and logs. Default: runner in the directory of adit's own files. [ADIT_RUNNER_DATA]", HelpName = "DIR" };

    /// <summary>The directory that it names.</summary>
    public static string DataOf(ParseResult parsed, Option<string?> data) =>
        HubAccessOptions.Value(parsed, data, "ADIT_RUNNER_DATA") ?? Path.Combine(ClientFiles.Directory, "runner");

    /// <summary>Reads KEY=VALUE, each key once.</summary>
    /// <exception cref="FormatException">One is not of that form.</exception>
    public static Dictionary<string, string> KeyValues(string[]? texts, string flag)
    {
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts ?? [])
        {
            if (text.Split('=', 2) is not [{ Length: > 0 } key, var value] || !read.TryAdd(key, value))
                throw new FormatException($"{flag} wants KEY=VALUE, each key once, not '{text}'.");
        }

        return read;
    }
}
