using System.CommandLine;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume ls</c>.</summary>
internal static class VolumeListCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var project = new Option<string?>("--project") { Description = "Only those of this project.", HelpName = "NAME" };
        return new ListCommand<ApiVolume>
        {
            Description = "List the volumes that you may see.",
            Plural = "volumes",
            Flags = [project],
            List = (api, parsed, cancellationToken) => api.ListVolumesAsync(parsed.GetValue(project), cancellationToken),
            Json = static () => VolumesJson.Default.ApiVolume,
            Columns = ["VOLUME", "KIND", "FILES", "SIZE", "SNAPSHOT", "CHANGED", "BY"],
            Row = static v =>
            [
                $"{v.Project}/{v.Name}",
                VolumeCommand.Of(v.Kind),
                v.Latest is { } files ? Words.Count(files.Files) : "-",
                v.Latest is { } bytes ? Words.Bytes(bytes.Bytes) : "-",
                v.Latest is { } latest ? VolumeCommand.Short(latest.Id) : "-",
                Words.Date(v.Latest?.Created ?? v.Created),
                v.Latest?.Author ?? v.CreatedBy,
            ],
            Empty = "There are no volumes that you may see. Make one with 'adit volume create PROJECT/NAME'.",
        }.Create(access);
    }
}
