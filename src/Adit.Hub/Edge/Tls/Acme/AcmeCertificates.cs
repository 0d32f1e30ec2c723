using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Tls.Acme;

/// <summary>
/// Keeps one certificate of an ACME authority for each name: gets it, stores it, renews it when two thirds of its life are over. A failure
/// is tried again after a minute, then ever less often up to six hours, and the old certificate stays in use.
/// </summary>
internal sealed partial class AcmeCertificates : IDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(6);
    private static readonly TimeSpan ShortestLife = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly AcmeOptions _options;
    private readonly string _directory;
    private readonly CertificateSelector _selector;
    private readonly AcmeOrdering _ordering;
    private readonly HttpClient _http;
    private readonly AcmeAccountKey _key;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly Name[] _names;

    private AcmeCertificates(
        AcmeOptions options, string directory, HttpClient http, AcmeAccountKey key, CertificateSelector selector, AcmeChallengeAnswers answers,
        TimeProvider time, Random random, ILogger logger)
    {
        _options = options;
        _directory = directory;
        _http = http;
        _key = key;
        _selector = selector;
        _time = time;
        _random = random;
        _logger = logger;
        _ordering = new AcmeOrdering(new AcmeClient(http, options.Directory, key, time), options.Challenge, selector, answers, time);
        _names = [.. options.Domains.Select(d => d.ToLowerInvariant()).Distinct().Select(d => new Name(d))];
    }

    /// <summary>Opens what is stored in a directory.</summary>
    /// <exception cref="CertificateException">The options ask for something that ACME cannot give here, or a file is damaged.</exception>
    public static AcmeCertificates Create(
        AcmeOptions options, string directory, CertificateSelector selector, AcmeChallengeAnswers answers, TimeProvider time,
        ILoggerFactory loggers, HttpMessageHandler? handler = null, Random? random = null)
    {
        if (!Uri.TryCreate(options.Directory, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
            throw new CertificateException($"tls.acme.directory: '{options.Directory}' is not an https address.");
        if (options.Challenge is not ("http-01" or "tls-alpn-01"))
            throw new CertificateException($"tls.acme.challenge: '{options.Challenge}' is not known; write http-01 or tls-alpn-01.");
        foreach (var domain in options.Domains)
            Check(domain);

        // By authority, so that certificates of a staging one are not taken for real ones when the address changes.
        var own = Path.Combine(directory, $"{address.Host}-{address.Port}".Replace(':', '_'));
        Directory.CreateDirectory(own);
        var http = new HttpClient(handler ?? Handler(options.CaFile))
        {
            Timeout = TimeSpan.FromSeconds(30),
            MaxResponseContentBufferSize = 1 << 20,
        };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("adit-hub");
        return new AcmeCertificates(
            options, own, http, AcmeAccountKey.Open(Path.Combine(own, "account.key")), selector, answers, time, random ?? new Random(),
            loggers.CreateLogger<AcmeCertificates>());
    }

    /// <summary>Puts to use what earlier runs got.</summary>
    public void Load()
    {
        foreach (var name in _names)
        {
            if (!File.Exists(ChainFile(name)) || !File.Exists(KeyFile(name)))
                continue;
            try
            {
                name.Current = PemPair.Load(PemPair.Read(ChainFile(name)), PemPair.Read(KeyFile(name)), "ACME " + name.Domain);
                name.Due = RenewAt(name.Current);
            }
            catch (CertificateException e)
            {
                LogStoredUnusable(_logger, e.Message);
            }
        }

        Publish();
    }

    /// <summary>Gets and renews until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && _names.Length > 0)
        {
            var next = _names.MinBy(n => n.Due)!;
            var wait = next.Due - _time.GetUtcNow();
            if (wait > TimeSpan.Zero)
            {
                // In pieces, so that a clock that is set is noticed; a second more, since less than a millisecond would be no wait at all.
                await Task.Delay(wait < LongestSleep ? wait + TimeSpan.FromSeconds(1) : LongestSleep, _time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            await TryGetAsync(next, cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _http.Dispose();
        _key.Dispose();
    }

    private async Task TryGetAsync(Name name, CancellationToken cancellationToken)
    {
        try
        {
            var (chain, key) = await _ordering.GetAsync(name.Domain, _options.Email, cancellationToken);
            var got = PemPair.Load(chain, key, "ACME " + name.Domain);
            PemPair.Write(KeyFile(name), key, secret: true);
            PemPair.Write(ChainFile(name), chain, secret: false);
            name.Current = got;
            name.Failures = 0;
            name.Due = NotBefore(_time.GetUtcNow() + ShortestLife, RenewAt(got));
            Publish();
            LogGot(_logger, name.Domain, got.NotAfter);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The hub stops.
        }
        catch (Exception e) when (e is AcmeException or CertificateException or IOException or UnauthorizedAccessException)
        {
            var pause = BackOff(name.Failures++, (e as AcmeException)?.RetryAfter);
            name.Due = _time.GetUtcNow() + pause;
            LogFailed(_logger, name.Domain, e.Message, name.Due);
        }
    }

    private TimeSpan BackOff(int failures, TimeSpan? asked)
    {
        var pause = FirstRetry * Math.Pow(2, Math.Min(failures, 10));
        if (pause > LongestRetry)
            pause = LongestRetry;
        if (asked is { } wanted && wanted > pause)
            pause = wanted < TimeSpan.FromDays(1) ? wanted : TimeSpan.FromDays(1);

        // Many hubs that lost their authority at one moment should not come back at one moment.
        return pause * (0.9 + (0.2 * _random.NextDouble()));
    }

    // A clock that runs ahead of the authority's, or certificates of minutes, must not become a flood of orders.
    private static DateTimeOffset NotBefore(DateTimeOffset earliest, DateTimeOffset wanted) => wanted > earliest ? wanted : earliest;

    private static DateTimeOffset RenewAt(ServerCertificate certificate) =>
        certificate.NotBefore + ((certificate.NotAfter - certificate.NotBefore) * 2 / 3);

    private void Publish() => _selector.Publish(CertificateOrigin.Acme, [.. _names.Select(n => n.Current).OfType<ServerCertificate>()]);

    private string ChainFile(Name name) => Path.Combine(_directory, name.Domain + ".pem");

    private string KeyFile(Name name) => Path.Combine(_directory, name.Domain + ".key");

    private static void Check(string domain)
    {
        if (domain.StartsWith("*.", StringComparison.Ordinal))
            throw new CertificateException(
                $"tls.acme.domains: '{domain}' needs the DNS-01 challenge, which the hub does not do; give a PEM pair for the wildcard, or "
                    + "list the names.");
        if (Uri.CheckHostName(domain) != UriHostNameType.Dns || IPAddress.TryParse(domain, out _) || domain.Any(c => !char.IsAscii(c)))
            throw new CertificateException($"tls.acme.domains: '{domain}' is not a host name.");
    }

    private static SocketsHttpHandler Handler(string? caFile)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (caFile is null)
            return handler;
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.DisableCertificateDownloads = true;
        trust.CustomTrustStore.ImportFromPem(PemPair.Read(caFile));
        handler.SslOptions.CertificateChainPolicy = trust;
        return handler;
    }

    private sealed class Name(string domain)
    {
        public string Domain { get; } = domain;

        public ServerCertificate? Current { get; set; }

        public DateTimeOffset Due { get; set; } = DateTimeOffset.MinValue;

        public int Failures { get; set; }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Got a certificate for {Domain} by ACME, valid until {Until:u}.")]
    private static partial void LogGot(ILogger logger, string domain, DateTimeOffset until);

    [LoggerMessage(Level = LogLevel.Error, Message =
        "No certificate for {Domain} by ACME; what is in use is kept, and it is tried again at {Next:u}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string domain, string reason, DateTimeOffset next);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A stored certificate cannot be used and is asked for again: {Reason}")]
    private static partial void LogStoredUnusable(ILogger logger, string reason);
}
