using Adit.Hub.Edge.Tls.Acme;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Tls;

/// <summary>
/// Keeps the certificates: loads them before the first listener opens, then looks every ten seconds whether files changed, whether its own
/// must be renewed and whether any is about to expire; with ACME, gets and renews those in the background.
/// </summary>
internal sealed partial class TlsService : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FileCertificates _files;
    private readonly OwnCertificates? _own;
    private readonly AcmeCertificates? _acme;
    private readonly ExpiryWatch _expiry;
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _directory;
    private Task _running = Task.CompletedTask;
    private int _isDisposed;

    public TlsService(
        HubOptions options, CertificateSelector selector, AcmeChallengeAnswers answers, TimeProvider time, ILoggerFactory loggers)
    {
        _time = time;
        _logger = loggers.CreateLogger<TlsService>();
        _directory = Path.Combine(options.DataDirectory, "tls");
        _files = new FileCertificates(options.Tls.Certificates, selector, _logger);
        _own = options.Tls.Auto
            ? new OwnCertificates(_directory, OwnCertificates.NamesFor(options), selector, time, _logger)
            : null;
        _acme = options.Tls.Acme is { } acme
            ? AcmeCertificates.Create(
                acme with { Domains = [options.Domain, .. options.PathHost is { } host ? [host] : Array.Empty<string>(), .. acme.Domains] },
                Path.Combine(_directory, "acme"),
                selector,
                answers,
                time,
                loggers)
            : null;
        _expiry = new ExpiryWatch(selector, time, _logger);
    }

    /// <summary>The certificate of the hub's own authority, PEM; null without <c>--auto-tls</c>.</summary>
    public string? AuthorityPem => _own?.Authority?.RootPem;

    /// <summary>
    /// The fingerprint of the hub's own authority, for the line that the hub prints at start; null without <c>--auto-tls</c>.
    /// </summary>
    public string? Fingerprint => _own?.Authority?.Fingerprint;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_own is not null || _acme is not null)
            MakePrivateDirectory(_directory);
        _files.Load();
        _own?.Load();
        _acme?.Load();
        _expiry.Poll();
        _running = Task.WhenAll(PollAsync(), _acme?.RunAsync(_stopping.Token) ?? Task.CompletedTask);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // The container knows this object twice, as itself and as a hosted service, and disposes it as often.
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await StopAsync(CancellationToken.None);
        _own?.Dispose();
        _acme?.Dispose();
        _stopping.Dispose();
    }

    private static void MakePrivateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task PollAsync()
    {
        using var timer = new PeriodicTimer(PollEvery, _time);
        while (await TickAsync(timer))
        {
            try
            {
                _files.Poll();
                _own?.Poll();
                _expiry.Poll();
            }
            catch (Exception e)
            {
                // A full disk, say. What is in use stays in use, and the next round may succeed.
                LogPollFailed(_logger, e.Message);
            }
        }
    }

    private async Task<bool> TickAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Certificates could not be looked after; those in use are kept: {Reason}")]
    private static partial void LogPollFailed(ILogger logger, string reason);
}
