using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Adit.Hub.Edge.Tls.Acme;

/// <summary>
/// Gets a certificate for one name, from the order to the chain (RFC 8555 section 7.4):
/// <code>
///  1 account ─ 2 order ─ 3 each authorization: show the challenge, say so, wait ─ 4 finalize with a CSR, wait ─ 5 download
/// </code>
/// Every wait is bounded, and a challenge is withdrawn however it ended.
/// </summary>
internal sealed class AcmeOrdering(
    AcmeClient client, string challengeType, CertificateSelector selector, AcmeChallengeAnswers answers, TimeProvider time)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Gets it.</summary>
    /// <exception cref="AcmeException">The authority refused or could not be reached.</exception>
    public async Task<(string ChainPem, string KeyPem)> GetAsync(string name, string? email, CancellationToken cancellationToken)
    {
        // 1, 2
        await client.EnsureAccountAsync(email, cancellationToken);
        var (order, url) = await client.NewOrderAsync(name, cancellationToken);

        // 3
        foreach (var authorization in order.Authorizations ?? [])
            await AuthorizeAsync(name, authorization, cancellationToken);

        // 4
        order = await WaitForOrderAsync(url, order, "pending", cancellationToken);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (order.Status == "ready")
        {
            var finalize = new AcmeFinalize(Base64Url.EncodeToString(Request(name, key)));
            var address = order.Finalize ?? throw new AcmeException("The ACME authority's order cannot be finalized: it names no address.");
            await client.PostAsync(address, finalize, AcmeJson.Default.AcmeFinalize, cancellationToken);
            order = await WaitForOrderAsync(url, null, "processing", cancellationToken);
        }

        if (order.Status != "valid" || order.Certificate is null)
            throw new AcmeException(
                $"The ACME authority's order for {name} ended as '{AcmeClient.OneLine(order.Status)}'{Because(order.Error)}");

        // 5
        var chain = await client.GetAsync(order.Certificate, cancellationToken);
        return (Encoding.ASCII.GetString(chain.Body), key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private static byte[] Request(string name, ECDsa key)
    {
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSigningRequest();
    }

    private async Task AuthorizeAsync(string name, string url, CancellationToken cancellationToken)
    {
        var authorization = (await client.GetAsync(url, cancellationToken)).Read(AcmeJson.Default.AcmeAuthorization);
        if (authorization.Status == "valid")
            return;
        var challenge = authorization.Challenges?.FirstOrDefault(c => c.Type == challengeType)
            ?? throw new AcmeException($"The ACME authority does not offer {challengeType} for {name}; choose the other challenge type.");
        var token = challenge.Token is { Length: > 0 and <= 512 } given && Base64Url.IsValid(given)
            ? given
            : throw new AcmeException("The ACME authority's challenge has no usable token.");

        Show(name, token);
        try
        {
            await client.RespondAsync(challenge.Url, cancellationToken);
            await WaitForAuthorizationAsync(name, url, cancellationToken);
        }
        finally
        {
            Withdraw(name, token);
        }
    }

    private void Show(string name, string token)
    {
        var proof = client.Key.KeyAuthorization(token);
        if (challengeType == "http-01")
            answers.Add(token, proof);
        else
            selector.AddChallenge(name, AcmeChallengeCertificate.Make(name, proof, time.GetUtcNow()));
    }

    private void Withdraw(string name, string token)
    {
        if (challengeType == "http-01")
            answers.Remove(token);
        else
            selector.RemoveChallenge(name);
    }

    private async Task WaitForAuthorizationAsync(string name, string url, CancellationToken cancellationToken)
    {
        var patience = new Patience(time);
        while (true)
        {
            var answer = await client.GetAsync(url, cancellationToken);
            var now = answer.Read(AcmeJson.Default.AcmeAuthorization);
            if (now.Status == "valid")
                return;
            if (now.Status != "pending" && now.Status != "processing")
            {
                var error = now.Challenges?.FirstOrDefault(c => c.Type == challengeType)?.Error;
                throw new AcmeException($"The ACME authority could not verify {name} by {challengeType}{Because(error)}");
            }

            await patience.WaitAsync(answer.RetryAfter, $"to verify {name}", cancellationToken);
        }
    }

    private async Task<AcmeOrder> WaitForOrderAsync(string url, AcmeOrder? known, string whileStatus, CancellationToken cancellationToken)
    {
        var patience = new Patience(time);
        while (true)
        {
            var answer = await client.GetAsync(url, cancellationToken);
            var order = answer.Read(AcmeJson.Default.AcmeOrder);
            if (order.Status != whileStatus)
                return order.Finalize is null ? order with { Finalize = known?.Finalize } : order;
            await patience.WaitAsync(answer.RetryAfter, "with the order", cancellationToken);
        }
    }

    private static string Because(AcmeProblem? problem) =>
        problem?.Detail is { Length: > 0 } detail ? ": " + AcmeClient.OneLine(detail) : ".";

    // Pauses as the authority asks, else ever longer, and gives up in the end.
    private sealed class Patience(TimeProvider time)
    {
        private readonly long _since = time.GetTimestamp();
        private TimeSpan _pause = TimeSpan.FromMilliseconds(250);

        public async Task WaitAsync(TimeSpan? asked, string what, CancellationToken cancellationToken)
        {
            if (time.GetElapsedTime(_since) > LongestWait)
                throw new AcmeException($"The ACME authority took more than {LongestWait.TotalMinutes:0} minutes {what}.");
            var pause = asked is { } a && a > TimeSpan.Zero ? a : _pause;
            await Task.Delay(pause < LongestPause ? pause : LongestPause, time, cancellationToken);
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }
    }
}
