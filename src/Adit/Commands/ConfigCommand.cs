using System.CommandLine;
using Adit.Hub.Config;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit config</c>.</summary>
internal static class ConfigCommand
{
    public const string Name = "config";

    public const string Description = "Look at the hub's configuration.";

    public static Command Create()
    {
        var check = new Command(
            "check",
            "Show the hub's configuration, where each value came from, and what is wrong with it; ends with 2 when the hub would not "
                + "start.");
        var flags = new HubFlags(check);
        check.SetAction(parsed => Show(flags.Read(parsed).Report));
        return new Command(Name, Description) { check };
    }

    private static int Show(ConfigReport report)
    {
        var table = new Table("KEY", "VALUE", "FROM");
        foreach (var entry in report.Entries)
            table.Add(entry.Key, entry.Value.Length > 0 ? entry.Value : "-", entry.Origin.ToString());
        Screen.Line(table.ToString());
        foreach (var problem in report.Problems)
            Screen.Error(problem.ToString());
        return report.IsValid ? ExitCode.Ok : ExitCode.Usage;
    }
}
