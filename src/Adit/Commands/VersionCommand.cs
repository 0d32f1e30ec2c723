using System.CommandLine;
using System.Runtime.InteropServices;
using Adit.Link;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit version</c>.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var command = new Command("version", "Print the versions of this program, of the link protocol it speaks, and of its runtime.");
        command.SetAction(static _ =>
        {
            Screen.Line(
                $"adit {ProductVersion.Text} (link protocol {LinkProtocol.MinVersion} to {LinkProtocol.Version}; "
                    + $"{RuntimeInformation.FrameworkDescription}; {RuntimeInformation.RuntimeIdentifier})");
            return ExitCode.Ok;
        });
        return command;
    }
}
