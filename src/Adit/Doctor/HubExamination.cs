using System.Diagnostics;
using System.Globalization;
using System.Net;
using Adit.Api;
using Adit.Link;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Doctor;

/// <summary>
/// Looks at the way from this machine to a hub: whether it is reached and trusted, the clocks, the token, whether a link gets through
/// everything that stands between, and whether names of tunnels lead there. Stops at what makes the rest meaningless.
/// </summary>
internal sealed class HubExamination(HubAccess hub)
{
    private static readonly TimeSpan LinkPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan NamePatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SmallSkew = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LargeSkew = TimeSpan.FromMinutes(5);

    private readonly List<Check> _found = [];

    /// <summary>What was found on the way.</summary>
    public IReadOnlyList<Check> Way => _found;

    /// <summary>What the hub found in itself; null where it was not reached or does not tell this token.</summary>
    public CheckList? Own { get; private set; }

    /// <summary>Looks, once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        if (!await ReachAsync(cancellationToken) || !await TokenAsync(api, cancellationToken))
            return;
        await LinkAsync(cancellationToken);
        await OwnAsync(api, cancellationToken);
        if (Own is not null)
            await NamesAsync(Own.Domain, cancellationToken);
    }

    private async Task<bool> ReachAsync(CancellationToken cancellationToken)
    {
        using var http = (hub with { Token = "" }).CreateHttpClient();
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var answer = await http.GetAsync(new Uri("/readyz", UriKind.Relative), cancellationToken);
            var way = hub.Proxy?.GetProxy(hub.Url) is { } proxy && !hub.Proxy.IsBypassed(hub.Url) ? $" through the proxy {proxy.GetLeftPart(UriPartial.Authority)}" : "";
            _found.Add(answer.IsSuccessStatusCode
                ? Check.Ok("reach", $"{Name} answers in {Words.Duration(Stopwatch.GetElapsedTime(started).TotalMilliseconds)}{way}.")
                : Check.Failed("reach", $"{Name} answers{way} that it is not ready ({(int)answer.StatusCode}).", "Look at the hub's log."));
            if (answer.Headers.Date is { } date)
                _found.Add(Clock(date - TimeProvider.System.GetUtcNow()));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (Failures.Describe(e) is { } failure && !cancellationToken.IsCancellationRequested)
        {
            _found.Add(Check.Failed("reach", failure.Message, null));
            return false;
        }
    }

    private string Name => hub.Url.GetLeftPart(UriPartial.Authority);

    // A date has whole seconds, and the answer took its time.
    private static Check Clock(TimeSpan apart)
    {
        var size = apart.Duration();
        if (size < SmallSkew)
            return Check.Ok("clock", "This machine's clock and the hub's agree.");
        var finding = $"This machine's clock is {size.TotalSeconds.ToString("N0", CultureInfo.InvariantCulture)} s {(apart < TimeSpan.Zero ? "ahead of" : "behind")} the hub's.";
        const string Remedy = "Set the one that is wrong (timedatectl set-ntp true): times of logs and tokens are wrong until then.";
        return size < LargeSkew ? Check.Warning("clock", finding, Remedy) : Check.Failed("clock", finding, Remedy);
    }

    private async Task<bool> TokenAsync(HubApi api, CancellationToken cancellationToken)
    {
        if (hub.Token.Length == 0)
        {
            _found.Add(Check.Failed("token", "There is no token for this hub.", "Sign in with 'adit login', or set ADIT_TOKEN."));
            return false;
        }

        try
        {
            var me = await api.WhoAmIAsync(cancellationToken);
            var scopes = me.Scopes is null ? "all that the account may" : string.Join(' ', me.Scopes);
            var finding = $"It is a token of {me.Account} ({Words.Of(me.Role)}), for {scopes}{(me.Expires is { } end ? $", until {Words.Date(end)}" : "")}.";
            _found.Add(Check.Ok("token", finding));
            return true;
        }
        catch (HubApiException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            _found.Add(Check.Ok("token", "It is good, and may not ask whose it is."));
            return true;
        }
        catch (Exception e) when (Failures.Describe(e) is { } failure && !cancellationToken.IsCancellationRequested)
        {
            _found.Add(Check.Failed("token", failure.Message, null));
            return false;
        }
    }

    private async Task LinkAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(LinkPatience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string? lost = null;
        var link = new LinkClient(new LinkClientOptions { Hub = hub.Url, Token = hub.Token, Name = "doctor", Version = ProductVersion.Text, Trust = hub.Trust, Proxy = hub.Proxy });
        link.Connected += _ => up.TrySetResult();
        link.Disconnected += (reason, _) => lost = reason;
        var started = Stopwatch.GetTimestamp();
        var running = link.RunAsync(either.Token);
        await Task.WhenAny(running, up.Task);
        var took = Stopwatch.GetElapsedTime(started);
        if (up.Task.IsCompletedSuccessfully)
            _found.Add(Check.Ok("link", $"A link to the hub is made in {Words.Duration(took.TotalMilliseconds)}."));
        else if (running.Exception?.InnerException is LinkRefusedException { Code: "forbidden" or "unauthorized" } refused)
            _found.Add(Check.Warning("link", refused.Message, "Use a token with the scope tunnels:write for tunnels, or one of 'adit runner token create' for a runner."));
        else if (!cancellationToken.IsCancellationRequested)
        {
            _found.Add(Check.Failed(
                "link", $"No link can be made: {(running.Exception?.InnerException as LinkRefusedException)?.Message ?? lost ?? "the hub did not answer in time"}",
                "Something between here and the hub does not let WebSockets pass: ask whoever runs the proxy."));
        }

        await either.CancelAsync();
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task OwnAsync(HubApi api, CancellationToken cancellationToken)
    {
        try
        {
            Own = await api.CheckAsync(cancellationToken);
            if (Own.Version != ProductVersion.Text)
            {
                _found.Add(Check.Warning(
                    "version", $"The hub has version {Own.Version} and this program {ProductVersion.Text}.", "They work together when they are one version apart; upgrade the older one."));
            }
        }
        catch (HubApiException e) when (e.Status is HttpStatusCode.Forbidden)
        {
            _found.Add(Check.Ok("hub", "What the hub finds in itself is shown to admins and auditors only."));
        }
        catch (Exception e) when (Failures.Describe(e) is { } failure && !cancellationToken.IsCancellationRequested)
        {
            _found.Add(Check.Failed("hub", failure.Message, null));
        }
    }

    // Any name below the domain will do: the hub answers for those that nobody has.
    private async Task NamesAsync(string domain, CancellationToken cancellationToken)
    {
        var name = $"adit-doctor.{domain}";
        var address = new UriBuilder(hub.Url) { Host = name }.Uri;
        using var http = (hub with { Url = address, Token = "", Trust = hub.Trust with { FirstUse = null, Learned = null } }).CreateHttpClient();
        http.Timeout = NamePatience;
        try
        {
            using var answer = await http.GetAsync(new Uri("/", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            _found.Add(Check.Ok("names", $"Names below {domain} lead to the hub."));
        }
        catch (HttpRequestException e) when (e.InnerException is TlsTrustException)
        {
            _found.Add(Check.Warning(
                "names", $"Names below {domain} lead to the hub, and its certificate for them is not one that this machine trusts: browsers will warn.",
                "Use a certificate for the domain and its wildcard, or have the machines trust the hub's own authority."));
        }
        catch (Exception e) when ((e is HttpRequestException or TaskCanceledException) && !cancellationToken.IsCancellationRequested)
        {
            _found.Add(Check.Warning(
                "names", $"From here {name} does not lead to the hub: {(e.InnerException ?? e).Message}", $"Add a DNS record for *.{domain} with the hub's address; tunnels and tasks have their addresses there."));
        }
    }
}
