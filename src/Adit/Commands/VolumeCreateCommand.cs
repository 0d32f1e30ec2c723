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
        var kind = new Option<string?>("--kind")
        {
            Description = "What it is for: 'dataset', files that many read, or 'workspace', somebody's working directory. Default: workspace; for a fork what it comes from is.", HelpName = "dataset|workspace",
        };
        kind.AcceptOnlyFromAmong("dataset", "workspace");
        var description = new Option<string?>("--description") { Description = "A sentence for people.", HelpName = "TEXT" };
        var from = new Option<string?>("--from") { Description = "Make it a fork of another volume of the project, which copies no bytes: NAME or NAME@SNAPSHOT.", HelpName = "VOLUME[@SNAPSHOT]" };
        var json = new Option<bool>("--json") { Description = "Print the volume as JSON." };
        var command = new Command("create", "Make an empty volume, or a fork. The project is made too when there is none of that name.") { volume, kind, description, from, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            Request(VolumeCommand.Parse(parsed.GetValue(volume)!), parsed.GetValue(kind), parsed.GetValue(description), parsed.GetValue(from)),
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    // A fork is written as the volumes of other commands are, or by its name in the project alone.
    private static CreateVolumeRequest Request(VolumeName name, string? kind, string? description, string? from) => new()
    {
        Project = name.Project,
        Name = name.Name,
        Kind = kind switch { "dataset" => VolumeKind.Dataset, "workspace" => VolumeKind.Workspace, _ => null },
        Description = description,
        From = from is not null && from.StartsWith(name.Project + "/", StringComparison.Ordinal) ? from[(name.Project.Length + 1)..] : from,
    };

    private static async Task<int> RunAsync(HubAccess hub, CreateVolumeRequest request, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var name = new VolumeName(request.Project, request.Name);
        ApiVolume volume;
        try
        {
            volume = await api.CreateVolumeAsync(request, cancellationToken);
        }
        catch (HubApiException e) when (e.Status == HttpStatusCode.NotFound && request.From is null)
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
