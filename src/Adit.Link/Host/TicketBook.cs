using System.Buffers.Text;
using System.Security.Cryptography;

namespace Adit.Link;

/// <summary>Who opens streams on a data connection.</summary>
internal enum DataRole
{
    /// <summary>The hub opens; the client connects targets.</summary>
    HubOpens,

    /// <summary>The client opens; the hub decides where it leads.</summary>
    ClientOpens,
}

/// <summary>
/// The tickets that were given out and not yet used: 128 random bits each, good once and for 30 seconds. Any thread.
/// </summary>
internal sealed class TicketBook(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Ticket> _tickets = [];

    /// <summary>Tickets that are good now, or were until lately.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _tickets.Count;
        }
    }

    /// <summary>Makes a ticket for a link.</summary>
    public string Issue(HubLink link, DataRole role)
    {
        var word = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        lock (_lock)
            _tickets.Add(word, new Ticket(link, role, time.GetTimestamp()));
        return word;
    }

    /// <summary>Takes a ticket out of the book: null when it was never given, was used, is too old, or its link is gone.</summary>
    public (HubLink Link, DataRole Role)? Redeem(string word)
    {
        Ticket ticket;
        lock (_lock)
        {
            if (!_tickets.Remove(word, out ticket))
                return null;
        }

        if (!IsOver(ticket))
            return (ticket.Link, ticket.Role);
        ticket.Link.TicketLost(ticket.Role, null); // It waits for no sweep any more.
        return null;
    }

    /// <summary>Removes what is too old, and tells the links that nothing will come of it.</summary>
    public void Sweep()
    {
        List<Ticket>? expired = null;
        lock (_lock)
        {
            foreach (var (word, ticket) in _tickets)
            {
                if (!IsOver(ticket))
                    continue;
                _tickets.Remove(word); // Removing while enumerating is allowed for Dictionary.
                (expired ??= []).Add(ticket);
            }
        }

        foreach (var ticket in expired ?? [])
            ticket.Link.TicketLost(ticket.Role, null);
    }

    private bool IsOver(Ticket ticket) => ticket.Link.IsClosed || time.GetElapsedTime(ticket.Issued) > LinkProtocol.TicketLife;

    private readonly record struct Ticket(HubLink Link, DataRole Role, long Issued);
}
