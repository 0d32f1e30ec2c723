using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit s3 key create</c>.</summary>
internal static class S3KeyCreateCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string?>("NAME") { Description = "What people call it.", Arity = ArgumentArity.ZeroOrOne };
        var project = new Option<string?>("--project") { Description = "The only project that it reaches. Default: all that you may.", HelpName = "NAME" };
        var readOnly = new Option<bool>("--read-only") { Description = "It reads and never writes." };
        var expires = new Option<string?>("--expires") { Description = "How long it is good: 30m, 12h, 90d. Default: until it is removed.", HelpName = "DURATION" };
        var json = new Option<bool>("--json") { Description = "Print the key as JSON." };
        var command = new Command("create", "Make a key that acts as you. Its secret is printed once, as lines for a shell: eval \"$(adit s3 key create)\".") { name, project, readOnly, expires, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            new CreateS3KeyRequest
            {
                Name = parsed.GetValue(name),
                Project = parsed.GetValue(project),
                IsReadOnly = parsed.GetValue(readOnly),
                ExpiresInSeconds = parsed.GetValue(expires) is { } text ? (long)Duration.Parse(text).TotalSeconds : null,
            },
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, CreateS3KeyRequest request, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var key = await api.CreateS3KeyAsync(request, cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(key, S3Json.Default.ApiS3Key));
            return ExitCode.Ok;
        }

        Screen.Line($"export AWS_ACCESS_KEY_ID={key.AccessKeyId}");
        Screen.Line($"export AWS_SECRET_ACCESS_KEY={key.SecretAccessKey}");
        Screen.Note(
            $"The key {(key.IsReadOnly ? "reads" : "reads and writes")} {(key.Project is { } one ? $"the project {one}" : "all your projects")} as {key.Account}"
                + $"{(key.Expires is { } end ? $" until {end:u}" : "")}, at {key.Endpoint}. Keep its secret: it is not shown again.");
        return ExitCode.Ok;
    }
}
