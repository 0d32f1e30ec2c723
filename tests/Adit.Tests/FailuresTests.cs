using System.Net;
using Adit.Runner.Hubs;
using Adit.Runner.Tunnels;
using Adit.Runner.Yaml;

namespace Adit.Tests;

/// <summary>The exit codes that <c>adit --help</c> promises.</summary>
public sealed class FailuresTests
{
    [Theory]
    [InlineData(HttpStatusCode.BadRequest, 2)]
    [InlineData(HttpStatusCode.Unauthorized, 3)]
    [InlineData(HttpStatusCode.Forbidden, 3)]
    [InlineData(HttpStatusCode.NotFound, 4)]
    [InlineData(HttpStatusCode.Conflict, 4)]
    [InlineData(HttpStatusCode.TooManyRequests, 1)]
    [InlineData(HttpStatusCode.InternalServerError, 1)]
    [InlineData(HttpStatusCode.ServiceUnavailable, 5)]
    public void What_the_hub_answers_has_an_exit_code(HttpStatusCode status, int code) =>
        Assert.Equal(code, Failures.Describe(new HubApiException(status, null, "No."))!.ExitCode);

    [Theory]
    [InlineData(TunnelFailure.Refused, 2)]
    [InlineData(TunnelFailure.NotAuthorized, 3)]
    [InlineData(TunnelFailure.Taken, 4)]
    [InlineData(TunnelFailure.Failed, 1)]
    [InlineData(TunnelFailure.Program, 1)]
    public void Why_a_tunnel_cannot_be_has_one_too(TunnelFailure failure, int code) =>
        Assert.Equal(code, Failures.Describe(new TunnelException(failure, "No."))!.ExitCode);

    [Fact]
    public void A_wrong_file_or_value_is_wrong_usage()
    {
        Assert.Equal(2, Failures.Describe(new YamlFileException("t.yaml", 3, "unknown key 'too'"))!.ExitCode);
        Assert.Equal(2, Failures.Describe(new FormatException("'x' is no port."))!.ExitCode);
    }

    [Fact]
    public void A_defect_is_shown_whole() => Assert.Null(Failures.Describe(new InvalidOperationException("A defect.")));
}
