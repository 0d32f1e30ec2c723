using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit cp</c>: one file of a snapshot.</summary>
internal static class CopyCommand
{
    private const string StandardOutput = "-";

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var source = new Argument<string>("VOLUME[@SNAPSHOT]:PATH") { Description = "The file, such as churn/data@v1:train/a.csv." };
        var file = new Argument<string>("FILE") { Description = "Where to put it: a file, a directory, or '-' for standard output." };
        var command = new Command("cp", "Copy one file out of a snapshot.") { source, file };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(source)!, parsed.GetValue(file)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string source, string file, CancellationToken cancellationToken)
    {
        var colon = source.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || source[(colon + 1)..].Trim('/').Length == 0)
            throw new CommandException(ExitCode.Usage, $"'{RequestLine.Safe(source)}' names no file; write PROJECT/VOLUME[@SNAPSHOT]:PATH, such as churn/data@v1:train/a.csv.");
        var name = VolumeCommand.Parse(source[..colon], withSnapshot: true);
        var path = source[(colon + 1)..].Trim('/');
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        using var answer = await api.OpenFileAsync(name, path, cancellationToken);
        await using var from = await answer.Content.ReadAsStreamAsync(cancellationToken);
        if (file == StandardOutput)
        {
            await using var output = Console.OpenStandardOutput();
            await from.CopyToAsync(output, cancellationToken);
            return ExitCode.Ok;
        }

        var target = Directory.Exists(file) ? Path.Combine(file, FileNameOf(path)) : file;
        // What is there is replaced when all of the new file is here, and not before.
        var draft = target + ".adit-part";
        try
        {
            await using (var to = new FileStream(draft, FileMode.Create, FileAccess.Write))
                await from.CopyToAsync(to, cancellationToken);
            File.Move(draft, target, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }

        Screen.Note($"{target}: {Words.Bytes(new FileInfo(target).Length)}.");
        return ExitCode.Ok;
    }

    private static string FileNameOf(string path)
    {
        var name = path.Split('/')[^1];
        return name is "." or ".." || name.AsSpan().ContainsAny(Path.GetInvalidFileNameChars())
            ? throw new CommandException(ExitCode.Usage, $"'{RequestLine.Safe(name)}' cannot be a file's name here; say what it shall be called.")
            : name;
    }
}
