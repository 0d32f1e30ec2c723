using System.CommandLine;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit s3 key ls</c>.</summary>
internal static class S3KeyListCommand
{
    public static Command Create(HubAccessOptions access) => new ListCommand<ApiS3Key>
    {
        Description = "List the keys that you may see, without their secrets.",
        Plural = "keys",
        List = static (api, _, cancellationToken) => api.ListS3KeysAsync(cancellationToken),
        Json = static () => S3Json.Default.ApiS3Key,
        Columns = ["ACCESS KEY", "NAME", "ACCOUNT", "REACHES", "MADE", "ENDS", "LAST USED"],
        Row = static k =>
        [
            k.AccessKeyId,
            k.Name is { } name ? RequestLine.Safe(name) : "-",
            k.Account,
            (k.Project ?? "all projects") + (k.IsReadOnly ? ", read only" : ""),
            Words.Date(k.Created),
            k.Expires is { } end ? Words.Date(end) : "never",
            k.LastUsed is { } used ? Words.Date(used) : "-",
        ],
        Empty = "There are no keys that you may see. Make one with 'adit s3 key create'.",
    }.Create(access);
}
