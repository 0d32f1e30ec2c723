using System.CommandLine;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit access consents ls</c>.</summary>
internal static class AccessConsentsListCommand
{
    public static Command Create(HubAccessOptions access) => new ListCommand<Consent>
    {
        Description = "List the applications of others that learn who you are when you open them.",
        Plural = "consents",
        List = static (api, _, cancellationToken) => api.ListConsentsAsync(cancellationToken),
        Json = static () => AccessJson.Default.Consent,
        Columns = ["NAME", "OWNER", "HOST", "SINCE"],
        Row = static c => [RequestLine.Safe(c.Route), RequestLine.Safe(c.Owner), RequestLine.Safe(c.Host), Words.Date(c.Given)],
        Empty = "You have consented to nothing; a browser asks at the first visit.",
    }.Create(access);
}
