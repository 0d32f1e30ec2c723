using Adit.Runner.Tunnels;

namespace Adit.Terminal;

/// <summary>Shows what happens to tunnels while they run. <see cref="Show"/> may be called from any thread.</summary>
internal abstract class TunnelView : IDisposable
{
    /// <summary>Whether programs' output shall come through <see cref="Show"/>.</summary>
    public virtual bool CapturesPrograms => false;

    /// <summary>Picks a view that fits standard output.</summary>
    public static TunnelView Create(bool json) => json ? new JsonTunnelView() : new PlainTunnelView();

    /// <summary>Shows a report.</summary>
    public abstract void Show(TunnelReport report);

    /// <inheritdoc />
    public virtual void Dispose()
    {
    }
}
