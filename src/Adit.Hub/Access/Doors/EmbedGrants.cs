using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Adit.Api;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.Access.Doors;

/// <summary>Grants by which pages of other sites show tunnels in frames. All in memory; of their secrets only the SHA-256 is kept.</summary>
internal sealed class EmbedGrants(Database database, AccessCap cap, EmbedKeys keys, TimeProvider time) : IEmbedGrants
{
    /// <summary>The most that one tunnel has.</summary>
    public const int MostPerTunnel = 100;

    private readonly ConcurrentDictionary<string, Held> _grants = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _bySecret = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public UsedSignatures Signatures { get; } = new(time);

    /// <summary>A grant is no more. Handlers must not block.</summary>
    public event Action? Removed;

    /// <summary>Loads what the database has.</summary>
    public async Task LoadAsync()
    {
        var rows = await database.ReadAsync<IReadOnlyList<Row>>(connection => [.. connection.Query<Row>("SELECT g.* FROM embed_grants g JOIN tunnels t ON t.name = g.tunnel WHERE t.created <= g.created")]);
        foreach (var row in rows)
            Keep(row.ToView(), row.Secret_hash, row.Created_by);
    }

    /// <inheritdoc />
    public EmbedGrant? Find(string id) =>
        _grants.TryGetValue(id, out var held) && !(held.Grant.Expires <= time.GetUtcNow()) && cap.AllowsEmbed(held.By) ? held.Grant : null;

    /// <inheritdoc />
    public EmbedGrant? FindBySecret(string secret) => _bySecret.TryGetValue(HashText(Hash(secret)), out var id) ? Find(id) : null;

    /// <summary>The grants of a tunnel, oldest first.</summary>
    public IReadOnlyList<EmbedGrantView> List(string tunnel) =>
        [.. _grants.Values.Where(h => h.View.Tunnel == tunnel)
            .Select(static h => h.View with { Visitors = h.Grant.Use.Visitors, RequestsToday = h.Grant.Use.RequestsToday })
            .OrderBy(static v => v.Created).ThenBy(static v => v.Id, StringComparer.Ordinal)];

    /// <summary>Makes a grant.</summary>
    /// <returns>It, with its key when it is signed, and its secret. Neither is kept.</returns>
    public async Task<(EmbedGrantView View, string Secret)> AddAsync(string tunnel, CreateEmbedRequest request, string by)
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        var now = time.GetUtcNow();
        var view = new EmbedGrantView
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
            Tunnel = tunnel,
            Ancestors = request.Ancestors,
            Created = now,
            CreatedBy = by,
            Expires = request.ExpiresInSeconds is { } seconds ? now.AddSeconds(seconds) : null,
            Note = request.Note,
            IsSigned = request.IsSigned,
            MaxVisitors = request.MaxVisitors,
            MaxRequestsPerDay = request.MaxRequestsPerDay,
        };
        var hash = Hash(secret);
        await database.WriteAsync(connection => connection.Execute(
            """
            INSERT INTO embed_grants (id, tunnel, secret_hash, ancestors, created, created_by, expires, note, signed, max_visitors, max_requests_per_day)
            VALUES (@Id, @Tunnel, @hash, @Ancestors, @Created, @CreatedBy, @Expires, @Note, @IsSigned, @MaxVisitors, @MaxRequestsPerDay)
            """,
            new
            {
                view.Id, view.Tunnel, hash, Ancestors = string.Join(' ', view.Ancestors), Created = Text(view.Created), view.CreatedBy,
                Expires = view.Expires is { } ends ? Text(ends) : null, view.Note, view.IsSigned, view.MaxVisitors, view.MaxRequestsPerDay,
            }));
        Keep(view, hash, by);
        return (view.IsSigned ? view with { Key = keys.TextOf(view.Id) } : view, secret);
    }

    /// <summary>Takes a grant back. False when there is none of that id for the tunnel.</summary>
    public async Task<bool> RemoveAsync(string tunnel, string id)
    {
        if (!_grants.TryGetValue(id, out var held) || held.View.Tunnel != tunnel)
            return false;
        Drop(held);
        await database.WriteAsync(connection => connection.Execute("DELETE FROM embed_grants WHERE id = @id", new { id }));
        return true;
    }

    /// <summary>A tunnel is gone, and with it what was granted for it: whoever has the name next must not inherit that.</summary>
    public void Forget(string tunnel)
    {
        foreach (var held in _grants.Values.Where(h => h.View.Tunnel == tunnel))
            Drop(held);
    }

    private void Drop(Held held)
    {
        _grants.TryRemove(held.View.Id, out _);
        _bySecret.TryRemove(held.Secret, out _);
        Removed?.Invoke();
    }

    private void Keep(EmbedGrantView view, byte[] hash, string by)
    {
        var grant = new EmbedGrant(view.Id, view.Tunnel, view.Ancestors, view.Expires)
        {
            Key = view.IsSigned ? keys.Of(view.Id) : null,
            Use = new EmbedUse(view.MaxVisitors, view.MaxRequestsPerDay, time),
        };
        _grants[view.Id] = new Held(view, grant, HashText(hash), by);
        _bySecret[HashText(hash)] = view.Id;
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static string HashText(byte[] hash) => Convert.ToHexStringLower(hash);

    private static string Text(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

    private sealed record Held(EmbedGrantView View, EmbedGrant Grant, string Secret, string By);

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Tunnel { get; set; } = "";

        public byte[] Secret_hash { get; set; } = [];

        public string Ancestors { get; set; } = "";

        public string Created { get; set; } = "";

        public string Created_by { get; set; } = "";

        public string? Expires { get; set; }

        public string? Note { get; set; }

        public bool Signed { get; set; }

        public int? Max_visitors { get; set; }

        public int? Max_requests_per_day { get; set; }

        public EmbedGrantView ToView() => new()
        {
            Id = Id,
            Tunnel = Tunnel,
            Ancestors = Ancestors.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Created = DateTimeOffset.Parse(Created, CultureInfo.InvariantCulture),
            CreatedBy = Created_by,
            Expires = Expires is null ? null : DateTimeOffset.Parse(Expires, CultureInfo.InvariantCulture),
            Note = Note,
            IsSigned = Signed,
            MaxVisitors = Max_visitors,
            MaxRequestsPerDay = Max_requests_per_day,
        };
    }
}
