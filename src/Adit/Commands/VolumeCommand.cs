using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume</c>: versions of directories.</summary>
internal static class VolumeCommand
{
    /// <summary>So many digits of an id are shown; the hub takes as few.</summary>
    public const int ShownDigits = 12;

    /// <summary>How long the hub may take with many files.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("volume", "Keep versions of directories on the hub. 'adit push' and 'adit pull' bring them there and back.")
        {
            VolumeCreateCommand.Create(access),
            VolumeListCommand.Create(access),
            VolumeShowCommand.Create(access),
            VolumeLogCommand.Create(access),
            VolumeTagCommand.Create(access),
            VolumeCommitCommand.Create(access),
            VolumeStatusCommand.Create(access),
            VolumeCheckoutCommand.Create(access),
            VolumeMergeCommand.Create(access),
            VolumeForkCommand.Create(access),
            VolumeRestoreCommand.Create(access),
            VolumeFilesCommand.Create(access),
            VolumeUseCommand.Create(access),
            VolumeRetentionCommand.Create(access),
            VolumePruneCommand.Create(access),
            VolumeRemoveCommand.Create(access),
        };
        access.AddTo(command);
        return command;
    }

    /// <summary>The volume that a line names.</summary>
    public static Argument<string> Volume() => new("VOLUME") { Description = "PROJECT/VOLUME, such as churn/data." };

    /// <summary>The volume that a line names, and perhaps a snapshot of it.</summary>
    public static Argument<string> VolumeAt() => new("VOLUME[@SNAPSHOT]")
    {
        Description = "PROJECT/VOLUME, and perhaps @ and a branch, a tag or the first digits of a snapshot's id. Without it the newest of the branch main.",
    };

    /// <summary>Reads a volume's name.</summary>
    /// <exception cref="CommandException">It is none, or names a snapshot where none can be.</exception>
    public static VolumeName Parse(string text, bool withSnapshot = false)
    {
        if (!VolumeName.TryParse(text, out var name))
            throw new CommandException(ExitCode.Usage, $"'{RequestLine.Safe(text)}' is no volume; write PROJECT/VOLUME, such as churn/data.");
        return withSnapshot || name.Snapshot is null
            ? name
            : throw new CommandException(ExitCode.Usage, $"This is about the volume, not about one snapshot of it; write {name.Project}/{name.Name}.");
    }

    /// <summary>The beginning of a snapshot's id that people see.</summary>
    public static string Short(string id) => id[..Math.Min(id.Length, ShownDigits)];

    /// <summary><c>dataset</c>.</summary>
    public static string Of(VolumeKind kind) => kind == VolumeKind.Dataset ? "dataset" : "workspace";

    /// <summary><c>3 files</c>.</summary>
    public static string Files(long files) => files == 1 ? "1 file" : $"{Words.Count(files)} files";
}
