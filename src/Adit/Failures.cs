using System.Net;
using System.Net.Sockets;
using Adit.Hub.Storage;
using Adit.Link;
using Adit.Runner.Hubs;
using Adit.Runner.Programs;
using Adit.Runner.Tunnels;
using Adit.Runner.Volumes;
using Adit.Runner.Yaml;

namespace Adit;

/// <summary>The one place where exceptions become exit codes.</summary>
internal static class Failures
{
    /// <summary>What to tell the user; null for a defect, which shall be seen whole.</summary>
    public static CommandException? Describe(Exception exception) => exception switch
    {
        CommandException e => e,
        HubApiException e => new CommandException(CodeOf(e.Status), e.Message + Next(e.Status)),
        LinkRefusedException { Code: "unauthorized" } e =>
            new CommandException(ExitCode.NotAuthorized, e.Message + Next(HttpStatusCode.Unauthorized)),
        LinkRefusedException e => new CommandException(ExitCode.Unreachable, e.Message),
        TunnelException e => new CommandException(CodeOf(e), e.Message),
        ProgramException e => new CommandException(e.ExitCode is > 0 and var code ? code : ExitCode.Failed, e.Message),
        YamlFileException e => new CommandException(ExitCode.Usage, e.Message),
        FormatException e => new CommandException(ExitCode.Usage, e.Message),
        HttpRequestException { InnerException: TlsTrustException e } => new CommandException(ExitCode.Unreachable, e.Message),
        HttpRequestException e =>
            new CommandException(
                ExitCode.Unreachable,
                $"The hub cannot be reached: {e.InnerException?.Message ?? e.Message}. Check --hub (ADIT_HUB) and that the hub runs."),
        TaskCanceledException { InnerException: TimeoutException } =>
            new CommandException(ExitCode.Unreachable, "The hub did not answer in time. Check --hub (ADIT_HUB) and the network."),
        CloneException e => new CommandException(ExitCode.Failed, e.Message),
        StorageException e => new CommandException(ExitCode.Failed, e.Message),
        SocketException e => new CommandException(ExitCode.Failed, e.Message),
        UnauthorizedAccessException or IOException => new CommandException(ExitCode.Failed, exception.Message),
        _ => null,
    };

    private static string Next(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => " Check --token (ADIT_TOKEN), or sign in with 'adit login'.",
        _ => "",
    };

    private static int CodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => ExitCode.Usage,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCode.NotAuthorized,
        HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.Gone => ExitCode.NotFoundOrTaken,
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => ExitCode.Unreachable,
        _ => ExitCode.Failed,
    };

    private static int CodeOf(TunnelException e) => e.Failure switch
    {
        TunnelFailure.NotAuthorized => ExitCode.NotAuthorized,
        TunnelFailure.Taken => ExitCode.NotFoundOrTaken,
        TunnelFailure.Refused => ExitCode.Usage,
        TunnelFailure.Program => e.ExitCode ?? ExitCode.Failed,
        _ => ExitCode.Failed,
    };
}
