using System.CommandLine;

namespace Adit.Commands;

/// <summary>The whole command tree.</summary>
internal static class AditCommand
{
    /// <summary>Builds it.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand(
            "Adit exposes, reaches and runs what your machines do, through one hub.\n\n"
            + "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 not authorised, 4 not found or taken, 5 hub unreachable.")
        {
            TunnelCommand.Create(),
            ConnectCommand.Create(),
            TokenCommand.Create(),
            ConfigCommand.Create(),
            VersionCommand.Create(),
        };
        return root;
    }
}
