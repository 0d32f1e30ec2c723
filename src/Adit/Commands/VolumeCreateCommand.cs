using System.CommandLine;
using System.Net;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume create</c>.</summary>
internal static class VolumeCreateCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var volume = VolumeCommand.Volume();
        var kind = new Option<string>("--kind")
        {
            Description = "What it is for: 'dataset', files that many read, or 'workspace', somebody's working directory.", HelpName = "dataset|workspace",
            DefaultValueFactory = static _ => "workspace",
        };
        kind.AcceptOnlyFromAmong("dataset", "workspace");
        var description = new Option<string?>("--description") { Description = "A sentence for people.", HelpName = "TEXT" };
        var json = new Option<bool>("--json") { Description = "Print the volume as JSON." };
        var command = new Command("create", "Make an empty volume. The project is made too when there is none of that name.") { volume, kind, description, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            VolumeCommand.Parse(parsed.GetValue(volume)!),
            parsed.GetValue(kind) == "dataset" ? VolumeKind.Dataset : VolumeKind.Workspace,
            parsed.GetValue(description),
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, VolumeKind kind, string? description, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var request = new CreateVolumeRequest { Project = name.Project, Name = name.Name, Kind = kind, Description = description };
        ApiVolume volume;
        try
        {
            volume = await api.CreateVolumeAsync(request, cancellationToken);
        }
        catch (HubApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            await api.CreateProjectAsync(new CreateProjectRequest { Name = name.Project }, cancellationToken);
            Screen.Note($"There was no project {name.Project}: it is made, and you are its owner.");
            volume = await api.CreateVolumeAsync(request, cancellationToken);
        }

        if (json)
            Screen.Line(JsonSerializer.Serialize(volume, VolumesJson.Default.ApiVolume));
        else
            Screen.Note($"Made the {VolumeCommand.Of(volume.Kind)} {name}. 'adit push DIR {name}' brings a directory there.");
        return ExitCode.Ok;
    }
}
