using System.CommandLine;

namespace Adit.Commands;

/// <summary>The whole command tree.</summary>
internal static class AditCommand
{
    /// <summary>Builds it.</summary>
    public static RootCommand Create() => new(
        "Adit exposes, reaches and runs what your machines do, through one hub.\n\n"
        + "Exit codes: 0 done, 1 failed, 2 wrong usage, configuration or request, 3 not authorised, 4 not found or taken, "
        + "5 hub unreachable.")
    {
        HubCommand.Create(),
        TunnelCommand.Create(),
        ConnectCommand.Create(),
        StatusCommand.Create(),
        TokenCommand.Create(),
        ConfigCommand.Create(),
        CompletionCommand.Create(),
        VersionCommand.Create(),
    };
}
