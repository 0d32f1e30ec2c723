using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit s3</c>: what S3 clients need of a hub.</summary>
internal static class S3Command
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var keys = new Command("key", "Make, list and remove keys: what S3 clients sign with.")
        {
            S3KeyCreateCommand.Create(access),
            S3KeyListCommand.Create(access),
            S3KeyRemoveCommand.Create(access),
        };
        var command = new Command("s3", "Let S3 clients reach volumes: a bucket is a project, the first part of a key a volume.") { keys };
        access.AddTo(command);
        return command;
    }
}
