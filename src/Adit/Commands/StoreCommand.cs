using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit store</c>: what volumes take on the hub, and whether it is right.</summary>
internal static class StoreCommand
{
    /// <summary>How long a check or a collection may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("store", "Look after the content of volumes on the hub. For admins; auditors see the numbers.")
        {
            StoreStatsCommand.Create(access),
            StoreCheckCommand.Create(access),
            StoreCollectCommand.Create(access),
        };
        access.AddTo(command);
        return command;
    }
}
